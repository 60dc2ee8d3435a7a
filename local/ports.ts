import { createServer, type ListenOptions } from "node:net";
import { codeOf, textOf } from "./user-error.ts";

/**
 * Why a program could not listen on a port; `undefined` where it could. Both the address of all
 * interfaces and that of this machine are tried: a program that holds one of them would otherwise answer
 * in the service's place.
 */
export async function portProblem(port: number): Promise<string | undefined> {
  for (const host of [undefined, "127.0.0.1"]) {
    try {
      await listenOnce({ port, ...(host !== undefined && { host }) });
    } catch (error) {
      return codeOf(error) === "EADDRINUSE" ? "another program listens on it" : textOf(error);
    }
  }
  return undefined;
}

/** A port on which nobody listens at this moment. */
export async function freePort(): Promise<number> {
  return await listenOnce({ port: 0, host: "127.0.0.1" });
}

function listenOnce(options: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ ...options, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" ? address?.port : undefined;
      server.close(() => resolve(port ?? 0));
    });
  });
}
