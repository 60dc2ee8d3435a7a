import { createServer } from "node:net";

import { describe, expect, inject, test } from "vitest";

import { migrateAtStartup, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { provision, type Provisioned } from "./provisioned.ts";
import { runRunner, withFolder } from "./runner-process.ts";
import { rowsOf } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);");
const CONTRACT = sql("002_drop", "drop table a;", { phase: "contract" });

describe.each(inject("servers"))(
  "a program that migrates as it starts, on Postgres $major",
  (server) => {
    const environment = (
      provisioned: Provisioned,
      prefix = "MIGRATOR_",
    ): Record<string, string> => {
      const { database } = provisioned.plan;
      const { host, port, password } = provisioned.login(database.migrator);
      return {
        [`${prefix}PGHOST`]: host,
        [`${prefix}PGPORT`]: String(port),
        [`${prefix}PGDATABASE`]: database.name,
        [`${prefix}PGUSER`]: database.migrator,
        [`${prefix}PGPASSWORD`]: password ?? "",
      };
    };
    const tables = (provisioned: Provisioned) =>
      rowsOf(
        server,
        provisioned.plan.database.name,
        "select tablename::text as name, tableowner::text as owner from pg_tables where tablename = 'a'",
      );

    test("needs nothing but the environment of its pod, and makes the owner's tables", async () => {
      const provisioned = await provision(server);
      await withFolder({ "001_a.sql": "create table a (id int);" }, async ({ path }) => {
        const env = { ...environment(provisioned), MIGRATOR_MIGRATIONS_DIR: path };
        const result = await migrateAtStartup({ env });
        expect(result?.applied.map(({ name }) => name)).toEqual(["001_a"]);
        expect((await migrateAtStartup({ env }))?.applied).toEqual([]);
      });
      const { owner } = provisioned.plan.database;
      expect(await tables(provisioned)).toEqual([{ name: "a", owner }]);
    });

    test("ten copies that start at once apply each migration once", async () => {
      const provisioned = await provision(server);
      const env = environment(provisioned, "SHOP_MIGRATOR_");
      const results = await Promise.all(
        Array.from({ length: 10 }, () =>
          migrateAtStartup({ env, prefix: "SHOP_MIGRATOR_", migrations: bundleOf(A) }),
        ),
      );
      expect(results.flatMap((result) => result?.applied ?? [])).toHaveLength(1);
    });

    test("leaves contract migrations alone, as older copies still serve", async () => {
      const provisioned = await provision(server);
      const env = environment(provisioned);
      await migrateAtStartup({ env, migrations: bundleOf(A, CONTRACT) });
      expect(await tables(provisioned)).toHaveLength(1);
    });

    test.each(["false", "0", "FALSE"])("does nothing with RUN_MIGRATIONS=%s", async (value) => {
      const events: MigratorEvent[] = [];
      const env = { RUN_MIGRATIONS: value };
      expect(await migrateAtStartup({ env, onEvent: (event) => events.push(event) })).toBeNull();
      expect(events).toEqual([
        { event: "notice", message: "RUN_MIGRATIONS is off: the database is not migrated" },
      ]);
    });

    test("refuses a login that does not act as the owner", async () => {
      const provisioned = await provision(server);
      const { name } = provisioned.plan.database;
      const error = await failureOf(
        migrateAtStartup({
          connection: provisioned.login(`${name}_svc_a`),
          migrations: bundleOf(A),
        }),
      );
      expect(error.message).toContain(
        `the current role is ${name}_svc_a, and the database belongs to`,
      );
    });
  },
);

test("RUN_MIGRATIONS is true or false", async () => {
  const error = await failureOf(migrateAtStartup({ env: { RUN_MIGRATIONS: "no" } }));
  expect(error.kind).toBe("usage");
  expect(error.message).toBe("startup: RUN_MIGRATIONS is true or false, not no");
});

test("without a folder it says which variable names one", async () => {
  const error = await failureOf(migrateAtStartup({ env: {} }));
  expect(error.message).toBe(
    "startup: no folder of migrations is given; set MIGRATOR_MIGRATIONS_DIR",
  );
});

test("it waits for the server, try by try, and gives up with the last reason", async () => {
  const port = await closedPort();
  const events: MigratorEvent[] = [];
  const error = await failureOf(
    migrateAtStartup({
      env: {
        MIGRATOR_PGHOST: "127.0.0.1",
        MIGRATOR_PGPORT: String(port),
        MIGRATOR_PGDATABASE: "d",
        MIGRATOR_PGUSER: "u",
      },
      migrations: bundleOf(A),
      tries: 3,
      intervalSeconds: 0.01,
      onEvent: (event) => events.push(event),
    }),
  );
  expect(error.kind).toBe("connection");
  expect(error.message).toContain(`127.0.0.1:${port}/d did not answer (tries: 3, 0.01 s apart)`);
  expect(events.map(({ event }) => event)).toEqual(["waiting", "waiting"]);
});

describe.each(inject("servers").slice(0, 1))("status on Postgres $major", (server) => {
  test("tells the phases apart, and a refusal names the commands that it was given", async () => {
    const provisioned = await provision(server);
    const { name, migrator } = provisioned.plan.database;
    const { host, port, password } = provisioned.login(migrator);
    const env = {
      PGHOST: host,
      PGPORT: String(port),
      PGDATABASE: name,
      PGUSER: migrator,
      PGPASSWORD: password ?? "",
    };
    const files = { "001_a.contract.sql": "select 1;" };
    await withFolder(files, async (folder) => {
      const status = (...more: string[]) =>
        runRunner(["status", "--fail-on-pending", "--migrations", folder.path, ...more], env);
      await withFolder({}, async (verdicts) => {
        expect((await status("--phase", "expand")).code).toBe(0);
        const pending = await status("--phase", "contract", "--next", "kubectl create job");
        expect(pending.code).toBe(1);
        expect(pending.out).toContain(`${name}: 1 pending: 001_a`);
        expect(pending.out).toContain('"next":"kubectl create job"');
        const reason = JSON.stringify({ format: 1, ok: false, reason: "the role is wrong" });
        await verdicts.write("verdict.json", reason);
        const stopped = await status("--verdict", verdicts.file("verdict.json"));
        expect(stopped.code).toBe(1);
        expect(stopped.out).toContain("the role is wrong");
      });
    });
  });
});

/** A port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
