import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { SCHEMA_VERSIONS } from "../../examples/battlescope/service/schema-versions.ts";
import { startBattlescopeServer, type BattlescopeServer } from "./battlescope-server.ts";
import { bundleService, variables, withService } from "./sample-service.ts";

const AUTH = "battlescope_auth";
const BATTLES = "battlescope_battles";
const WRITER = `${AUTH}_writer`;
const NEEDED = SCHEMA_VERSIONS[AUTH] ?? "";

let folder: string;
let program: string;
let server: BattlescopeServer;
/** The environment of a service that owns a database. */
let authentication: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "battlescope-service-"));
  program = join(folder, "server.cjs");
  await bundleService(program);
  server = await startBattlescopeServer([AUTH, BATTLES]);
  const connection = variables("url", server.settings(AUTH, WRITER));
  authentication = { SERVICE_NAME: "authentication", ...connection };
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

// Each test begins with databases that no migration has touched.
beforeEach(async () => {
  await server.empty(AUTH);
  await server.empty(BATTLES);
});

it("is not ready before its database is migrated, and becomes ready without a restart", async () => {
  await withService(program, authentication, async ({ get }) => {
    expect(await get("/healthz")).toMatchObject({ status: 200 });
    expect(await get("/readyz")).toEqual(
      notReady(
        '42P01 relation "public.migration_history" does not exist (run the database\'s migrations)',
      ),
    );
    expect(await get("/heartbeat")).toMatchObject({ status: 503 });

    await server.migrate(AUTH, { allBut: 1 });
    expect(await get("/readyz")).toEqual(
      notReady(`the migration ${NEEDED} is not applied: run the database's migrations`),
    );

    await server.migrate(AUTH);
    expect(await get("/readyz")).toEqual({
      status: 200,
      body: {
        service: "authentication",
        ready: true,
        databases: [{ database: AUTH, ready: true, needs: NEEDED }],
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
  await server.migrate(AUTH);
  const name = "20991231000000_later";
  await server.query(AUTH, historyRow(name, "applied"));
  await withService(program, authentication, async ({ get }) => {
    expect(await get("/readyz")).toMatchObject({ status: 200 });
    expect(await get("/")).toMatchObject({ body: { databases: [{ schemaVersion: name }] } });
  });
});

it("takes an alias and a newer baseline for the migration, but no unfinished one", async () => {
  await server.migrate(AUTH);
  const history = "public.migration_history";
  await withService(program, authentication, async ({ get }) => {
    const statuses: Record<string, number> = {};
    const look = async (state: string, change: string): Promise<void> => {
      await server.query(AUTH, change);
      statuses[state] = (await get("/readyz")).status;
    };
    const row = `where name = '${NEEDED}'`;
    await look("running", `update ${history} set outcome = 'running' ${row}`);
    await look("failed", `update ${history} set outcome = 'failed' ${row}`);
    await look("gone", `delete from ${history} ${row}`);
    await look("older baseline", historyRow("0001_start", "baseline"));
    await look("renamed", historyRow("20261114090000_renamed", "applied", NEEDED));
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
  await server.migrate(AUTH);
  await server.migrate(BATTLES);
  const env = {
    SERVICE_NAME: "bff",
    SERVICE_VERSION: "7",
    ...variables("url", server.settings(AUTH, `${AUTH}_reader`), "BATTLESCOPE_AUTH_"),
    ...variables("pg", server.settings(BATTLES, `${BATTLES}_reader`), "BATTLESCOPE_BATTLES_"),
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
    expect(await server.query(AUTH, sessions)).toEqual([{ name: "bff/7" }]);
  });
});

it.each(["url", "pg", "postgres", "db"] as const)(
  "reads its connection from the variables of kind %s",
  async (kind) => {
    await server.migrate(AUTH);
    const connection = variables(kind, server.settings(AUTH, WRITER));
    const env = { SERVICE_NAME: "authentication", ...connection };
    const { output } = await withService(program, env, async ({ get }) => {
      expect(await get("/")).toMatchObject({
        status: 200,
        body: { databases: [{ database: AUTH, login: WRITER, role: "app" }] },
      });
      expect(await get("/heartbeat?new=1")).toMatchObject({ status: 200 });
    });
    expect(output).not.toContain(server.password);
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

it("finishes the request that runs when it is told to stop, and takes no other", async () => {
  await server.migrate(AUTH);
  const run = await withService(program, authentication, async ({ get, logged, signal, ended }) => {
    expect(await get("/heartbeat")).toMatchObject({ status: 200 });
    const running = await server.whileLocked(AUTH, "public.service_heartbeats", async (waiting) => {
      const answer = get("/heartbeat");
      await waiting();
      signal("SIGTERM");
      await logged("stopping");
      await expect(get("/healthz")).rejects.toThrow("fetch failed");
      return { answer };
    });
    expect(await running.answer).toMatchObject({ status: 200 });
    expect(await ended).toBe(0);
  });
  expect(run.code).toBe(0);
  const sessions = `select pid from pg_stat_activity where usename = '${WRITER}'`;
  expect(await server.query(AUTH, sessions)).toEqual([]);
});

it("survives the loss of its connections and opens new ones", async () => {
  await server.migrate(AUTH);
  await withService(program, authentication, async ({ get, logged }) => {
    expect(await get("/heartbeat")).toMatchObject({ status: 200 });
    await server.query(
      AUTH,
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${WRITER}'`,
    );
    expect(await logged("connection-lost")).toMatchObject({ level: "error", database: AUTH });
    expect(await get("/heartbeat")).toMatchObject({ status: 200 });
  });
});

it("ends with 2 when its environment is wrong", async () => {
  const started = withService(program, { SERVICE_NAME: "bff", PORT: "seventy" }, () =>
    Promise.resolve(),
  );
  await expect(started).rejects.toThrow(/^ended with 2, [^]*"event":"not-started"[^]*PORT: a port/);
});

const notReady = (reason: string): object => ({
  status: 503,
  body: {
    service: "authentication",
    ready: false,
    databases: [{ database: AUTH, ready: false, needs: NEEDED, reason }],
  },
});

/** Statement that adds a row to the history, as a run would. */
function historyRow(name: string, outcome: string, alias?: string): string {
  const aliases = alias === undefined ? "{}" : `{${alias}}`;
  return `insert into public.migration_history
    (name, aliases, checksum, kind, phase, outcome, batch, started, duration_ms, who, runner)
    values ('${name}', '${aliases}', 'sql1:', 'sql', 'expand', '${outcome}', 9, now(), 0, 'test', '0')`;
}
