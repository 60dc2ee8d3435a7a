import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { SCHEMA_VERSIONS } from "../../examples/battlescope/service/schema-versions.ts";
import { bundleFolder, type MigrationBundle } from "../../migrator/src/bundle/index.ts";
import { migrate } from "../../migrator/src/index.ts";
import { startBattlescopeServer, type BattlescopeServer } from "./battlescope-server.ts";
import { bundleService, withService } from "./sample-service.ts";

const AUTH = "battlescope_auth";
const BATTLES = "battlescope_battles";
const AUTH_VERSION = SCHEMA_VERSIONS[AUTH] ?? "";

let server: BattlescopeServer;
let folder: string;
let program: string;
let bundles: Record<string, MigrationBundle>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "battlescope-service-"));
  program = join(folder, "server.cjs");
  const folderOf = (database: string): string => `examples/battlescope/migrations/${database}`;
  bundles = {
    [AUTH]: await bundleFolder(folderOf(AUTH)),
    [BATTLES]: await bundleFolder(folderOf(BATTLES)),
  };
  await bundleService(program);
  server = await startBattlescopeServer([AUTH, BATTLES]);
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

// Each test begins with databases that no migration has touched.
beforeEach(async () => {
  for (const database of [AUTH, BATTLES]) {
    await onDatabase(
      database,
      `do $$ declare name text; begin
        for name in select tablename from pg_tables where schemaname = 'public' loop
          execute format('drop table %I cascade', name);
        end loop;
      end $$`,
    );
  }
});

it("is not ready before its database is migrated, and becomes ready without a restart", async () => {
  const { migrations } = bundles[AUTH] ?? { migrations: [] };
  await withService(program, { SERVICE_NAME: "authentication", ...url(AUTH) }, async ({ get }) => {
    expect(await get("/healthz")).toMatchObject({ status: 200 });
    expect(await get("/readyz")).toEqual(
      notReady(
        '42P01 relation "public.migration_history" does not exist (run the database\'s migrations)',
      ),
    );
    expect(await get("/heartbeat")).toMatchObject({ status: 503 });

    await migrateTo(AUTH, { format: 1, migrations: migrations.slice(0, -1) });
    expect(await get("/readyz")).toEqual(
      notReady(`the migration ${AUTH_VERSION} is not applied: run the database's migrations`),
    );

    await migrateTo(AUTH);
    expect(await get("/readyz")).toEqual({
      status: 200,
      body: {
        service: "authentication",
        ready: true,
        databases: [{ database: AUTH, ready: true, needs: AUTH_VERSION }],
      },
    });
    expect(await get("/heartbeat")).toEqual({
      status: 200,
      body: {
        service: "authentication",
        version: "dev",
        databases: [{ database: AUTH, wrote: true, beats: 1 }],
      },
    });
  });
});

it("stays ready on a schema that is ahead, and tells the newest version", async () => {
  await migrateTo(AUTH);
  const name = "20991231000000_later";
  await onDatabase(AUTH, historyRow(name, "applied"));
  await withService(program, { SERVICE_NAME: "authentication", ...url(AUTH) }, async ({ get }) => {
    expect(await get("/readyz")).toMatchObject({ status: 200 });
    expect(await get("/")).toMatchObject({ body: { databases: [{ schemaVersion: name }] } });
  });
});

it("takes an alias and a newer baseline for the migration, but no unfinished one", async () => {
  await migrateTo(AUTH);
  const history = "public.migration_history";
  await withService(program, { SERVICE_NAME: "authentication", ...url(AUTH) }, async ({ get }) => {
    const statuses: Record<string, number> = {};
    const look = async (state: string, change: string): Promise<void> => {
      await onDatabase(AUTH, change);
      statuses[state] = (await get("/readyz")).status;
    };
    const row = `where name = '${AUTH_VERSION}'`;
    await look("running", `update ${history} set outcome = 'running' ${row}`);
    await look("failed", `update ${history} set outcome = 'failed' ${row}`);
    await look("gone", `delete from ${history} ${row}`);
    await look("older baseline", historyRow("0001_start", "baseline"));
    await look("renamed", historyRow("20261114090000_renamed", "applied", AUTH_VERSION));
    await look("gone again", `delete from ${history} where name = '20261114090000_renamed'`);
    await look("newer baseline", historyRow("20991231000000_squashed", "baseline"));
    expect(statuses).toEqual({
      running: 503,
      failed: 503,
      gone: 503,
      "older baseline": 503,
      renamed: 200,
      "gone again": 503,
      "newer baseline": 200,
    });
  });
});

it("tells for two databases its login, what it may do and the schema's version", async () => {
  await migrateTo(AUTH);
  await migrateTo(BATTLES);
  const env = {
    SERVICE_NAME: "bff",
    SERVICE_VERSION: "7",
    ...prefixed("BATTLESCOPE_AUTH_", url(AUTH, "reader")),
    ...prefixed("BATTLESCOPE_BATTLES_", url(BATTLES, "reader")),
  };
  await withService(program, env, async ({ get }) => {
    const identity = (database: string): object => ({
      database,
      login: `${database}_reader`,
      role: "readonly",
      schemaVersion: SCHEMA_VERSIONS[database],
    });
    expect(await get("/")).toEqual({
      status: 200,
      body: { service: "bff", version: "7", databases: [identity(AUTH), identity(BATTLES)] },
    });
    for (const path of ["/heartbeat", "/heartbeat?new=1"]) {
      const beat = (database: string): object => ({ database, wrote: false, beats: 0 });
      expect(await get(path)).toEqual({
        status: 200,
        body: { service: "bff", version: "7", databases: [beat(AUTH), beat(BATTLES)] },
      });
    }
    const sessions = `select distinct application_name as name from pg_stat_activity
      where usename = '${AUTH}_reader'`;
    expect(await onDatabase(AUTH, sessions)).toEqual([{ name: "bff/7" }]);
  });
});

it.each(["url", "pg", "postgres", "db"] as const)(
  "reads its connection from the variables of kind %s",
  async (kind) => {
    await migrateTo(AUTH);
    const env = { SERVICE_NAME: "authentication", ...variables(kind) };
    const { output } = await withService(program, env, async ({ get }) => {
      expect(await get("/")).toMatchObject({
        status: 200,
        body: { databases: [{ database: AUTH, login: `${AUTH}_writer`, role: "app" }] },
      });
      expect(await get("/heartbeat?new=1")).toMatchObject({ status: 200 });
    });
    expect(output).not.toContain(server.settings(AUTH, "").password);
  },
);

it("serves without a database", async () => {
  await withService(program, { SERVICE_NAME: "frontend" }, async ({ get }) => {
    const body = { service: "frontend", version: "dev", databases: [] };
    expect(await get("/readyz")).toMatchObject({ status: 200 });
    expect(await get("/")).toEqual({ status: 200, body });
    expect(await get("/heartbeat")).toEqual({ status: 200, body });
  });
});
