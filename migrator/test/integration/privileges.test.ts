import { describe, expect, inject, test } from "vitest";

import { preflight } from "../../src/commands/preflight.ts";
import { bootstrap, migrate } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf, sqlstateOf } from "./failure.ts";
import { createAdmin, planFor, provision } from "./provisioned.ts";
import { rowsOf, settingsOf, unique, withClient } from "./test-database.ts";

const DENIED = "42501";

describe.each(inject("servers"))("privileges on Postgres $major", (server) => {
  /** A provisioned database with two migrations: the second comes after the service's first look. */
  const migrated = async () => {
    const provisioned = await provision(server);
    const { migrator } = provisioned.plan.database;
    await migrate({
      connection: provisioned.login(migrator),
      migrations: bundleOf(
        sql("001_a", "create table a (id bigserial primary key, word text);"),
        sql(
          "002_b",
          "create schema extra;\ncreate table extra.b (id int generated always as identity, word text);\ncreate table c (id serial, word text);",
        ),
      ),
      expectOwner: true,
    });
    return provisioned;
  };

  test("a service's login reads, writes and uses the sequences of tables of a later migration", async () => {
    const { plan, login } = await migrated();
    await withClient(login(`${plan.database.name}_svc_a`), async (client) => {
      await client.query("insert into c (word) values ('x'); update c set word = 'y'");
      await client.query("insert into extra.b (word) values ('z')");
      const { rows } = await client.query(
        "select nextval('c_id_seq')::int as next, (select word from c) as word",
      );
      expect(rows).toEqual([{ next: 2, word: "y" }]);
      await client.query("delete from c");
    });
  });

  test("everything that a migration creates belongs to the owner", async () => {
    const { plan } = await migrated();
    const { name, owner } = plan.database;
    expect(
      await rowsOf(
        server,
        name,
        `select distinct pg_get_userbyid(relowner)::text as owner from pg_class c join pg_namespace n on n.oid = relnamespace
          where nspname in ('public', 'extra')
          union select pg_get_userbyid(nspowner)::text from pg_namespace where nspname = 'extra'`,
      ),
    ).toEqual([{ owner }]);
    expect(
      await rowsOf(
        server,
        name,
        "select who, count(*)::int as n from migration_history group by 1",
      ),
    ).toEqual([{ who: plan.database.migrator, n: 2 }]);
  });

  test("the app cannot create, drop or alter, nor write the history that it may read", async () => {
    const { plan, login } = await migrated();
    await withClient(login(`${plan.database.name}_svc_a`), async (client) => {
      expect((await client.query("select name from migration_history")).rowCount).toBe(2);
      for (const statement of [
        "create table mine (id int)",
        "create schema mine",
        "create temporary table mine (id int)",
        "drop table c",
        "alter table c add column more int",
        "truncate c",
        "insert into migration_history select * from migration_history",
        "update migration_history set name = name",
        "delete from migration_history",
        "truncate migration_history",
        `set role ${plan.database.owner}`,
      ]) {
        expect([statement, await sqlstateOf(client.query(statement))]).toEqual([statement, DENIED]);
      }
    });
  });

  test("a reader reads tables, sequences and the history, and writes nothing", async () => {
    const { plan, login } = await migrated();
    await withClient(login(`${plan.database.name}_report`), async (client) => {
      await client.query("select * from c, extra.b, migration_history, c_id_seq");
      for (const statement of [
        "insert into c (word) values ('x')",
        "update c set word = 'x'",
        "delete from c",
        "select nextval('c_id_seq')",
        "update migration_history set name = name",
        "create table mine (id int)",
      ]) {
        expect([statement, await sqlstateOf(client.query(statement))]).toEqual([statement, DENIED]);
      }
    });
  });

  test("a stranger cannot connect, and a locked login cannot log in", async () => {
    const { plan, login } = await migrated();
    const { name } = plan.database;
    const stranger = unique("stranger");
    await rowsOf(server, name, `create role ${stranger} login password 'stranger-word'`);
    expect(
      await sqlstateOf(
        withClient(settingsOf(server, name, stranger, "stranger-word"), async () => 0),
      ),
    ).toBe(DENIED);
    expect(await sqlstateOf(withClient(login(`${name}_svc_b`), async () => 0))).toBe("28000");
  });

  test("a migrator that lost its membership is told how to get it back", async () => {
    const { admin, plan, login } = await migrated();
    const { name, owner, migrator } = plan.database;
    await withClient(admin, (client) => client.query(`revoke "${owner}" from "${migrator}"`));
    const locked = await failureOf(preflight({ connection: login(migrator), expectOwner: true }));
    expect(locked.details).toEqual({
      sqlstate: DENIED,
      next: `give the login back its membership in a role that may connect, or GRANT CONNECT ON DATABASE "${name}" TO "${migrator}"`,
    });
    await rowsOf(server, name, `grant connect on database ${name} to ${migrator}`);
    const error = await failureOf(preflight({ connection: login(migrator), expectOwner: true }));
    expect(error.message).toBe(
      `the current role is ${migrator}, and the database belongs to ${owner}: what a migration creates would belong to the wrong role`,
    );
    await withClient(admin, (client) => client.query(error.details.next ?? ""));
    const { role, last } = await preflight({ connection: login(migrator), expectOwner: true });
    expect({ role, last }).toEqual({ role: owner, last: "002_b" });
  });
});

describe.each(inject("servers"))("bootstrap once more on Postgres $major", (server) => {
  test("it changes nothing that is as planned, and takes back what is too much", async () => {
    const { admin, plan, env, login } = await provision(server);
    const { name, readonly } = plan.database;
    await withClient(admin, async (client) => {
      await client.query(`grant ${readonly} to ${name}_svc_a`);
      await client.query(`alter role ${name}_svc_b login`);
    });
    await rowsOf(
      server,
      name,
      `set role ${plan.database.owner}; grant temporary on database ${name} to ${readonly}`,
    );
    const error = await failureOf(bootstrap({ connection: admin, plan, env }));
    // Nothing is taken from anybody behind their back: it is named.
    expect(error.message).toBe(
      `not as the plan says after all:\n- database ${name}: ${readonly} has CONNECT, TEMPORARY instead of CONNECT`,
    );
    await rowsOf(
      server,
      name,
      `set role ${plan.database.owner}; revoke temporary on database ${name} from ${readonly}`,
    );
    await bootstrap({ connection: admin, plan, env });
    expect(
      await rowsOf(
        server,
        name,
        `select array_agg(roleid::regrole::text order by 1) as groups from pg_auth_members where member = '${name}_svc_a'::regrole`,
      ),
    ).toEqual([{ groups: [plan.database.app] }]);
    expect(await sqlstateOf(withClient(login(`${name}_svc_b`), async () => 0))).toBe("28000");
  });

  test("names that are SQL, reserved words or in upper case are quoted everywhere", async () => {
    const admin = await createAdmin(server);
    for (const name of [
      unique('x"; drop database postgres; --'),
      unique("Select User"),
      unique("GROUP"),
    ]) {
      const provisioned = planFor(server, admin, name);
      await bootstrap({ connection: admin, plan: provisioned.plan, env: provisioned.env });
      const { login, plan } = provisioned;
      await migrate({
        connection: login(plan.database.migrator),
        migrations: bundleOf(sql("001_a", "create table a (id int);")),
        expectOwner: true,
      });
      await withClient(login(`${name}_svc_a`), async (client) => {
        expect((await client.query("insert into a values (1)")).rowCount).toBe(1);
        expect((await client.query("select current_database() as name")).rows).toEqual([{ name }]);
      });
    }
  });

  test("extensions are created by the admin, and one that needs a superuser is refused by name", async () => {
    const admin = await createAdmin(server);
    const { plan, env } = planFor(server, admin);
    const trusted = { ...plan, database: { ...plan.database, extensions: ["citext"] } };
    await bootstrap({ connection: admin, plan: trusted, env });
    expect(
      await rowsOf(
        server,
        plan.database.name,
        "select extname::text as name from pg_extension order by 1",
      ),
    ).toEqual([{ name: "citext" }, { name: "plpgsql" }]);
    const untrusted = { ...plan, database: { ...plan.database, extensions: ["file_fdw"] } };
    const error = await failureOf(bootstrap({ connection: admin, plan: untrusted, env }));
    expect(error.message).toContain('permission denied to create extension "file_fdw"');
    expect(error.details).toMatchObject({ sqlstate: DENIED });
  });

  test("a database of that name that belongs to somebody else is left alone", async () => {
    const admin = await createAdmin(server);
    const { plan, env } = planFor(server, admin);
    await rowsOf(server, "postgres", `create database ${plan.database.name}`);
    const error = await failureOf(bootstrap({ connection: admin, plan, env }));
    expect(error.message).toBe(
      `the database ${plan.database.name} exists and belongs to postgres, not to ${plan.database.owner}`,
    );
  });

  test("a login that is to be a member of a group that does not exist is refused by name", async () => {
    const admin = await createAdmin(server);
    const role = unique("svc");
    const plan = {
      format: 1,
      logins: [{ role, canLogin: true, memberOf: ["no_such_group"], passwordEnv: "P" }],
    } as const;
    const error = await failureOf(bootstrap({ connection: admin, plan, env: { P: "p" } }));
    expect(error.message).toBe(`${role} is to be a member of no_such_group, which does not exist`);
  });
});
