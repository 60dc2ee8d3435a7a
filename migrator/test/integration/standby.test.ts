import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, inject, test } from "vitest";

import { makeServer, type TestServer } from "../../../test/integration/servers.ts";
import { down } from "../../src/commands/down.ts";
import { preflight } from "../../src/commands/preflight.ts";
import { status } from "../../src/commands/status.ts";
import { verdictOf } from "../../src/core/verdict.ts";
import { migrate } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, eventually, rowsOf, settingsOf } from "./test-database.ts";

/** Starts a server, lets `prepare` fill it, and starts its data again as a hot standby. */
async function withStandby<T>(
  major: number,
  prepare: (primary: TestServer) => Promise<T>,
  use: (standby: TestServer, prepared: T) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-standby-"));
  // Started as root, Postgres runs as another user, who must pass through.
  await chmod(folder, 0o755);
  const { server, start, stop } = await makeServer(major, folder, { persistent: true });
  try {
    await start();
    const prepared = await prepare(server);
    await stop();
    await writeFile(join(folder, String(major), "standby.signal"), "");
    // Its promise waits for the words of a primary, which a standby never says.
    void start().catch(() => undefined);
    await eventually(async () =>
      rowsOf<{ standby: boolean }>(server, server.database, "select pg_is_in_recovery() as standby")
        .then(([row]) => row?.standby)
        .catch(() => false),
    );
    await use(server, prepared);
  } finally {
    await stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const A = sql("001_a", "create table a (id int);");
const B = sql("002_b", "create table b (id int);");

test.for(inject("servers").map(({ major }) => major))(
  "a hot standby of Postgres %i is refused by all that writes, and read by all that reads",
  { timeout: 120_000 },
  async (major) => {
    await withStandby(
      major,
      async (primary) => {
        const { settings } = await createDatabase(primary);
        await migrate({ connection: settings, migrations: bundleOf(A) });
        return settings;
      },
      async (standby, connection) => {
        const { port, database } = connection;
        const refusal = `127.0.0.1:${port}/${database} is a standby, which cannot be written\nnext: give the runner the address of the primary`;
        const migrations = bundleOf(A, B);
        const onEvent = (): void => undefined;
        for (const refused of [
          () => migrate({ connection, migrations }),
          () => migrate({ connection, migrations: bundleOf(A) }),
          () => down({ connection }),
          () => preflight({ connection, migrations, onEvent }),
        ]) {
          const failure = await failureOf(refused());
          expect({ kind: failure.kind, verdict: verdictOf(failure) }).toEqual({
            kind: "connection",
            verdict: refusal,
          });
        }
        expect(await status({ connection, migrations })).toMatchObject({
          version: "001_a",
          pending: ["002_b"],
        });
        const settings = settingsOf(standby, database);
        expect(await rowsOf(standby, settings.database, "select to_regclass('b') as b")).toEqual([
          { b: null },
        ]);
      },
    );
  },
);
