import type { Server } from "node:http";
import type { Database } from "./database.ts";

/**
 * Time for the requests that run, below the 30 s after which Kubernetes kills a pod
 * (`terminationGracePeriodSeconds`, its default).
 */
const GRACE_MS = 20_000;

/** Stops listening, lets requests finish, then closes every connection to a database. */
export async function stop(server: Server, databases: readonly Database[]): Promise<void> {
  const cutOff = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeIdleConnections();
  });
  clearTimeout(cutOff);
  await Promise.all(databases.map((database) => database.close()));
}
