import { readFile } from "node:fs/promises";
import { Client, DatabaseError } from "pg";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { readCatalog } from "../../migrator/test/integration/catalog.ts";
import {
  createAdmin,
  planFor,
  type Provisioned,
} from "../../migrator/test/integration/provisioned.ts";
import { settingsOf, unique, withClient } from "../../migrator/test/integration/test-database.ts";
import { bundleOf, sql } from "../../migrator/test/integration/bundles.ts";
import { bootstrap, migrate } from "../../migrator/src/index.ts";
import { ADMIN, NAME, type Statement, statementsFile } from "../provider-statements/statements.ts";
import type { TestServer } from "./servers.ts";

/** Sends what the real provider sent, with this test's names and passwords in place of the recording's. */
async function replay(target: Provisioned): Promise<void> {
  const { server, admin, plan, env } = target;
  const statements: Statement[] = JSON.parse(await readFile(statementsFile(server.major), "utf8"));
  const own = (text: string): string =>
    text
      .replaceAll(ADMIN, admin.user)
      .replaceAll(NAME, plan.database.name)
      .replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => env[name] ?? "");
  const clients = new Map<string, Client>();
  try {
    for (const { session, database, sql: text } of statements) {
      let client = clients.get(session);
      if (client === undefined) {
        client = new Client({
          host: admin.host,
          port: admin.port,
          user: admin.user,
          password: admin.password ?? "",
          database: own(database),
        });
        await client.connect();
        clients.set(session, client);
      }
      await client.query(own(text));
    }
  } finally {
    await Promise.all([...clients.values()].map((client) => client.end()));
  }
}

const WAYS = {
  provider: replay,
  job: ({ admin, plan, env }: Provisioned) => bootstrap({ connection: admin, plan, env }),
};

/** A database that an admin with CREATEROLE and CREATEDB only has provisioned in one of the two ways. */
async function provision(server: TestServer, way: keyof typeof WAYS): Promise<Provisioned> {
  const made = planFor(server, await createAdmin(server), unique("shop"));
  const target = {
    ...made,
    plan: { ...made.plan, database: { ...made.plan.database, extensions: ["citext"] } },
  };
  await WAYS[way](target);
  return target;
}

/** The SQLSTATE that a statement, or the login itself, ends with; `done` where it succeeds. */
async function outcome(target: Provisioned, role: string, text: string): Promise<string> {
  try {
    await withClient(target.login(role), (client) => client.query(text));
    return "done";
  } catch (error) {
    return error instanceof DatabaseError ? (error.code ?? "?") : String(error);
  }
}

describe.each(inject("servers"))("on Postgres $major", (server) => {
  test("both ways of provisioning lead to one catalog", async () => {
    const catalogs = await Promise.all(
      (["provider", "job"] as const).map(async (way) => {
        const { plan, admin } = await provision(server, way);
        const { name, owner, migrator, app, readonly } = plan.database;
        const roles = [owner, migrator, app, readonly, ...plan.logins.map(({ role }) => role)];
        const catalog = await withClient(settingsOf(server, name), (client) =>
          readCatalog(client, { roles }, admin.user),
        );
        // The names of the two databases differ, and nothing else may.
        const text = JSON.stringify(catalog).replaceAll(name, "shop");
        return JSON.parse(text) as object;
      }),
    );
    expect(catalogs[1]).toEqual(catalogs[0]);
    expect(catalogs[0]).toHaveProperty("database.acl", [
      "shop_app=c/shop_owner",
      "shop_owner=CTc/shop_owner",
      "shop_readonly=c/shop_owner",
    ]);
  });

  describe.each(["provider", "job"] as const)("provisioned by %s", (way) => {
    let target: Provisioned;
    let name: string;
    let app: string;
    let report: string;
    let stranger: string;

    beforeAll(async () => {
      target = await provision(server, way);
      ({ name } = target.plan.database);
      app = `${name}_svc_a`;
      report = `${name}_report`;
      stranger = unique("stranger");
      await withClient(settingsOf(server, "postgres"), (client) =>
        client.query(`create role ${stranger} login password 'stranger'`),
      );
      // After provisioning: what is granted on it comes from default privileges alone.
      await migrate({
        connection: target.login(target.plan.database.migrator),
        migrations: bundleOf(
          sql("001_orders", "create table orders (id serial primary key, note citext);"),
          sql("002_more", "create schema more; create table more.items (id int);"),
        ),
      });
    });

    test("the service's login reads, writes and uses the sequence of a table made later", async () => {
      await withClient(target.login(app), async (client) => {
        const inserted = await client.query("insert into orders (note) values ('a') returning id");
        expect(inserted.rows).toEqual([{ id: 1 }]);
        await client.query("update orders set note = 'b' where id = 1");
        await client.query("insert into more.items values (7)");
        expect((await client.query("select note from orders")).rows).toEqual([{ note: "b" }]);
        expect((await client.query("delete from orders")).rowCount).toBe(1);
        expect((await client.query("select nextval('orders_id_seq') as id")).rows).toEqual([
          { id: "2" },
        ]);
      });
    });

    test("every object belongs to the owner, whoever created it", async () => {
      const { rows } = await withClient(settingsOf(server, name), (client) =>
        client.query<{ owner: string }>(
          `select distinct pg_get_userbyid(c.relowner)::text as owner from pg_class c
             join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('public', 'more')`,
        ),
      );
      expect(rows).toEqual([{ owner: `${name}_owner` }]);
    });

    test.each([
      ["app", () => app],
      ["readonly", () => report],
    ] as const)("%s reads migration_history and can't write it", async (_who, role) => {
      expect(await outcome(target, role(), "select name from migration_history")).toBe("done");
      for (const text of [
        "insert into migration_history select * from migration_history",
        "update migration_history set outcome = 'applied'",
        "delete from migration_history",
        "truncate migration_history",
        "drop table migration_history",
      ]) {
        expect(await outcome(target, role(), text), text).toBe("42501");
      }
    });

    test.each([
      "create table t (a int)",
      "create schema s",
      "create temporary table t (a int)",
      "drop table orders",
      "alter table orders add column x int",
      "create index on orders (note)",
      "truncate orders",
    ])("app can't: %s", async (text) => {
      expect(await outcome(target, app, text)).toBe("42501");
    });

    test.each([
      "insert into orders (note) values ('x')",
      "update orders set note = 'x'",
      "delete from orders",
      "select nextval('orders_id_seq')",
      "create table t (a int)",
    ])("readonly can't: %s", async (text) => {
      expect(await outcome(target, report, "select * from orders, more.items")).toBe("done");
      expect(await outcome(target, report, text)).toBe("42501");
    });

    test("a stranger can't connect, and neither can the locked login", async () => {
      const { host, port } = server;
      const settings = { host, port, database: name, tls: { mode: "disable" } } as const;
      const asStranger = {
        ...target,
        login: () => ({ ...settings, user: stranger, password: "stranger" }),
      };
      expect(await outcome(asStranger, stranger, "select 1")).toBe("42501");
      // invalid_authorization_specification: the role is not permitted to log in.
      expect(await outcome(target, `${name}_svc_b`, "select 1")).toBe("28000");
    });

    test("no service's login can act as the owner", async () => {
      expect(await outcome(target, app, `set role "${name}_owner"`)).toBe("42501");
      expect(await outcome(target, report, `set role "${name}_app"`)).toBe("42501");
    });
  });
});
