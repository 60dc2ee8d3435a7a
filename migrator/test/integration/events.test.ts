import { describe, expect, inject, test } from "vitest";

import { down, migrate } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, settingsOf, withClient } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);");
const B = sql("002_b", "create table b (id int);");

/** The table as runners before the log made it, with its comment. */
const FORMAT_1 = `
create table public.migration_history (
  name text primary key,
  aliases text[] not null default '{}',
  checksum text not null,
  kind text not null check (kind in ('sql', 'typescript')),
  phase text not null check (phase in ('expand', 'contract')),
  outcome text not null check (outcome in ('applied', 'running', 'failed', 'baseline')),
  batch integer not null,
  started timestamptz not null,
  duration_ms integer not null,
  who text not null,
  runner text not null,
  git_commit text,
  down_kind text check (down_kind in ('sql', 'typescript')),
  down_text text,
  down_checksum text,
  statements_done integer,
  statement_checksums text[]
);
comment on table public.migration_history is 'tidegate history, format 1';
create table a (id int);
insert into public.migration_history (name, checksum, kind, phase, outcome, batch, started, duration_ms, who, runner, down_kind, down_text, down_checksum)
values ('001_a', '${A.checksum}', 'sql', 'expand', 'applied', 1, '2026-01-02T03:04:05Z', 1500, 'somebody', '0.0.9', 'sql', 'drop table a;', 'sql1:x');`;

describe.each(inject("servers"))("the log of events on Postgres $major", (server) => {
  test("a history of format 1 is upgraded in place by the first run that writes, and works", async () => {
    const database = await createDatabase(server);
    await withClient(database.settings, (client) => client.query(FORMAT_1));
    const nothing = await migrate({ connection: database.settings, migrations: bundleOf(A) });
    expect(nothing.applied).toEqual([]);
    expect(
      await rowsOf(server, database.name, "select to_regclass('migration_events')::text as t"),
    ).toEqual([{ t: null }]);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B) });
    expect(
      await rowsOf(
        server,
        database.name,
        "select name, direction, outcome, who, runner, (finished - started)::text as took from migration_events where name = '001_a'",
      ),
    ).toEqual([
      {
        name: "001_a",
        direction: "up",
        outcome: "done",
        who: "somebody",
        runner: "0.0.9",
        took: "00:00:01.5",
      },
    ]);
    // What the gate of an older image goes by.
    expect(
      await rowsOf(
        server,
        database.name,
        "select obj_description('migration_history'::regclass) as comment",
      ),
    ).toEqual([{ comment: "tidegate history, format 1" }]);
    const { reverted } = await down({
      connection: database.settings,
      migrations: bundleOf({
        ...B,
        down: { kind: "sql", file: "x", text: "drop table b;", checksum: "sql1:y" },
      }),
      choice: { to: "0" },
    });
    expect(reverted.map(({ name }) => name)).toEqual(["002_b", "001_a"]);
  });

  test("a failure is logged with its reason, by whom and from which pod and commit", async () => {
    const database = await createDatabase(server);
    const broken = sql("001_broken", "create table x (id nosuchtype);");
    await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(broken),
        env: { POD_NAME: "shop-migration-1", HOSTNAME: "other", GIT_COMMIT: "abc" },
      }),
    );
    expect(
      await rowsOf(
        server,
        database.name,
        "select name, direction, outcome, who, pod, git_commit, checksum, detail from migration_events",
      ),
    ).toEqual([
      {
        name: "001_broken",
        direction: "up",
        outcome: "failed",
        who: database.settings.user,
        pod: "shop-migration-1",
        git_commit: "abc",
        checksum: broken.checksum,
        detail:
          '001_broken.sql:1: type "nosuchtype" does not exist (SQLSTATE 42704)\nstate: rolled back; no migration is applied\nnext: correct the file and run again',
      },
    ]);
    expect(await rowsOf(server, database.name, "select name from migration_history")).toEqual([]);
  });

  test("only the owner may write either table, whatever its default privileges give away", async () => {
    const database = await createDatabase(server);
    await withClient(database.settings, (client) =>
      client.query("alter default privileges grant all on tables to public"),
    );
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    for (const table of ["migration_history", "migration_events"]) {
      expect(
        await rowsOf(
          server,
          database.name,
          `select string_agg(privilege_type, ', ') as privileges from pg_class c, aclexplode(c.relacl) a where c.oid = '${table}'::regclass and a.grantee = 0`,
        ),
      ).toEqual([{ privileges: "SELECT" }]);
    }
  });

  test("a log of a newer format is not written", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    await withClient(settingsOf(server, database.name), (client) =>
      client.query("comment on table migration_events is 'tidegate events, format 3'"),
    );
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(A, B) }),
    );
    expect(error.message).toBe("the history is written in format 3; this runner writes 2");
  });
});
