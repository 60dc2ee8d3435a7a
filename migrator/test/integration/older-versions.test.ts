import { Client } from "pg";
import { describe, expect, inject, test } from "vitest";

import type { ServiceVersions } from "../../src/contract.ts";
import { type ConnectionSettings, migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { provision, type Provisioned } from "./provisioned.ts";
import { recordsOf, runRunner, withFolder } from "./runner-process.ts";
import { rowsOf } from "./test-database.ts";

const EXPAND = sql("001_a", "create table a (id int, old int);");
const CONTRACT = sql("002_drop", "alter table a drop column old;", { phase: "contract" });
const NEW = "svc@new";

describe.each(inject("servers"))("older versions on Postgres $major", (server) => {
  const versionsOf = ({ plan }: Provisioned): ServiceVersions => ({
    format: 1,
    command: "kubectl get pods",
    services: [
      {
        name: "svc",
        logins: [`${plan.database.name}_svc_a`, `${plan.database.name}_svc_b`],
        applicationName: NEW,
      },
    ],
  });
  const prepared = async (): Promise<Provisioned> => {
    const provisioned = await provision(server);
    await migrate({
      connection: provisioned.login(provisioned.plan.database.migrator),
      migrations: bundleOf(EXPAND),
    });
    return provisioned;
  };
  const contract = (
    provisioned: Provisioned,
    policy: "refuse" | "notice",
    waitSeconds: number,
    events: MigratorEvent[] = [],
    onEvent: (event: MigratorEvent) => void = () => undefined,
  ) =>
    migrate({
      connection: provisioned.login(provisioned.plan.database.migrator),
      migrations: bundleOf(EXPAND, CONTRACT),
      phase: "contract",
      services: { versions: versionsOf(provisioned), policy, waitSeconds },
      onEvent: (event) => {
        events.push(event);
        onEvent(event);
      },
    });

  test("a contract migration waits for an older version, and runs when that has left", async () => {
    const provisioned = await prepared();
    const { name } = provisioned.plan.database;
    await connectedAs(provisioned.login(`${name}_svc_a`), "svc@old", async (old) => {
      const events: MigratorEvent[] = [];
      const result = await contract(provisioned, "refuse", 50, events, (event) => {
        if (event.event === "waiting") void old.client.end();
      });
      expect(result.applied.map((each) => each.name)).toEqual(["002_drop"]);
      expect(events.filter(({ event }) => event === "waiting")).toEqual([
        {
          event: "waiting",
          message: `waiting for an older version to leave: pid ${old.pid} ${name}_svc_a (svc@old)`,
          next: null,
        },
      ]);
    });
  });

  test("one that stays is named with pid, login and name, and nothing was changed", async () => {
    const provisioned = await prepared();
    const { name } = provisioned.plan.database;
    await connectedAs(provisioned.login(`${name}_svc_a`), "psql", async ({ pid }) => {
      const error = await failureOf(contract(provisioned, "refuse", 0.2));
      expect(error.kind).toBe("refused");
      expect(error.message).toBe(
        `an older version of a service is still connected to ${server.host}:${server.port}/${name} after 0.2 s: pid ${pid} ${name}_svc_a (psql)`,
      );
      expect(error.details).toEqual({
        detail: `a contract migration breaks old code, so only these may be connected: ${NEW}; a program that sets its own application_name has to take PGAPPNAME`,
        state: "nothing was changed",
        next: "let its pods end (kubectl get pods), or end a connection that nobody needs as admin: select pg_terminate_backend(PID); then run again",
      });
    });
    const columns =
      "select attname::text as column from pg_attribute where attrelid = 'a'::regclass";
    expect(await rowsOf(server, name, `${columns} and attnum > 0 order by attnum`)).toEqual([
      { column: "id" },
      { column: "old" },
    ]);
  });

  test("a service that is no part of the stack any more counts, by the form of its name", async () => {
    const provisioned = await prepared();
    const { name } = provisioned.plan.database;
    await connectedAs(provisioned.login(`${name}_report`), "removed@0badc0de", async () => {
      const error = await failureOf(contract(provisioned, "refuse", 0.2));
      expect(error.message).toContain(`${name}_report (removed@0badc0de)`);
    });
  });

  test("the version that is deployed, people and other databases' services are no older version", async () => {
    const [provisioned, other] = await Promise.all([prepared(), prepared()]);
    const { name } = provisioned.plan.database;
    await connectedAs(provisioned.login(`${name}_svc_a`), NEW, () =>
      connectedAs(provisioned.login(`${name}_report`), "psql", () =>
        connectedAs(other.login(`${other.plan.database.name}_svc_a`), "svc@old", async () => {
          const result = await contract(provisioned, "refuse", 0.2);
          expect(result.applied.map((each) => each.name)).toEqual(["002_drop"]);
        }),
      ),
    );
  });

  test("with notice they are named, and the migration runs", async () => {
    const provisioned = await prepared();
    const { name } = provisioned.plan.database;
    await connectedAs(provisioned.login(`${name}_svc_a`), "svc@old", async ({ pid }) => {
      const events: MigratorEvent[] = [];
      const result = await contract(provisioned, "notice", 50, events);
      expect(result.applied).toHaveLength(1);
      expect(events).toContainEqual({
        event: "notice",
        message: `an older version is connected: pid ${pid} ${name}_svc_a (svc@old)`,
      });
    });
  });

  test("with nothing pending nobody looks who is connected", async () => {
    const provisioned = await prepared();
    await contract(provisioned, "refuse", 0);
    const login = provisioned.login(`${provisioned.plan.database.name}_svc_a`);
    const again = await connectedAs(login, "svc@old", () => contract(provisioned, "refuse", 0));
    expect(again.applied).toEqual([]);
  });

  test("as a process: --services reads the file, and a file that says nothing is wrong use", async () => {
    const provisioned = await prepared();
    const { name, migrator } = provisioned.plan.database;
    const { host, port, password } = provisioned.login(migrator);
    const env = {
      PGHOST: host,
      PGPORT: String(port),
      PGDATABASE: name,
      PGUSER: migrator,
      PGPASSWORD: password ?? "",
    };
    const migrations = {
      "001_a.sql": "create table a (id int, old int);",
      "002_drop.contract.sql": "alter table a drop column old;",
    };
    const texts = { "services.json": JSON.stringify(versionsOf(provisioned)), "empty.json": "{}" };
    await withFolder(migrations, ({ path }) =>
      withFolder(texts, async (folder) => {
        const up = (file: string) => {
          const where = ["--migrations", path, "--services", folder.file(file)];
          return runRunner(["up", "--phase", "contract", ...where, "--deadline", "8"], env);
        };
        const wrong = await up("empty.json");
        expect(wrong.code).toBe(2);
        expect(wrong.out).toContain("empty.json must hold { format: 1, command, services");
        await connectedAs(provisioned.login(`${name}_svc_a`), "svc@old", async ({ pid }) => {
          const refused = await up("services.json");
          expect(refused.code).toBe(1);
          expect(recordsOf(refused.out).at(-1)).toMatchObject({
            event: "error",
            kind: "refused",
            message: expect.stringContaining(`after 4 s: pid ${pid} `),
          });
        });
      }),
    );
  });
});

/** A connection under an application name, open while `use` runs. */
async function connectedAs<T>(
  settings: ConnectionSettings,
  applicationName: string,
  use: (open: { readonly client: Client; readonly pid: number }) => Promise<T>,
): Promise<T> {
  const { host, port, database, user, password = "" } = settings;
  const client = new Client({
    host,
    port,
    database,
    user,
    password,
    application_name: applicationName,
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    return await use({ client, pid: rows[0]?.pid ?? 0 });
  } finally {
    await client.end();
  }
}
