import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeServer, type TestServer } from "./servers.ts";

/** Starts a Postgres for one test, which may restart it, and removes it. */
export async function withOwnServer(
  major: number,
  use: (server: TestServer, restart: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-postgres-"));
  // Started as root, Postgres runs as another user, who must pass through.
  await chmod(folder, 0o755);
  const { server, start, stop } = await makeServer(major, folder, { persistent: true });
  try {
    await start();
    await use(server, async () => {
      await stop();
      await start();
    });
  } finally {
    await stop();
    await rm(folder, { recursive: true, force: true });
  }
}
