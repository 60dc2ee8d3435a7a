import { randomInt } from "node:crypto";
import { createServer, type ListenOptions } from "node:net";
import { codeOf, textOf, UserError } from "./user-error.ts";

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

/** Free ports are looked for from here on: below are those that well-known programs have. */
const FIRST = 20_000;
/** From here on a port may be a client's own at any moment. Source: `ip_local_port_range` of Linux. */
const FIRST_CLIENT_PORT = 32_768;
const TRIES = 100;

/** A port on which nobody listens at this moment, and which no client is given by the system. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const port = randomInt(FIRST, FIRST_CLIENT_PORT);
    if ((await portProblem(port)) === undefined) return port;
  }
  throw new UserError(
    `no free port for Postgres among ${TRIES} from ${FIRST} to ${FIRST_CLIENT_PORT}: give one with --port N`,
  );
}

function listenOnce(options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ ...options, exclusive: true }, () => {
      server.close(() => resolve());
    });
  });
}
