import { createServer, type ListenOptions } from "node:net";
import { codeOf } from "./user-error.ts";

/**
 * Whether a service could listen on a port. Both the address of all interfaces and that of this machine
 * are tried: a program that holds one of them would otherwise answer in the service's place.
 */
export async function isFree(port: number): Promise<boolean> {
  for (const host of [undefined, "127.0.0.1"]) {
    if ((await listening({ port, ...(host !== undefined && { host }) })) === undefined) return false;
  }
  return true;
}

/** A port on which nobody listens at this moment. */
export async function freePort(): Promise<number> {
  const port = await listening({ port: 0, host: "127.0.0.1" });
  if (port === undefined) throw new Error("the system has no free port on 127.0.0.1");
  return port;
}

/** Listens for a moment; `undefined` where the port is taken. */
function listening(options: ListenOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      const code = codeOf(error);
      if (code === "EADDRINUSE" || code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen({ ...options, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" ? address?.port : undefined;
      server.close(() => resolve(port));
    });
  });
}
