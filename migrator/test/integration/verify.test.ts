import { describe, expect, inject, test } from "vitest";

import { renderDifferences } from "../../src/core/catalog/render-differences.ts";
import { baseline, bootstrap, down, migrate, verify } from "../../src/index.ts";
import type { BundledMigration } from "../../src/bundle/types.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createAdmin, planFor } from "./provisioned.ts";
import {
  createDatabase,
  rowsOf,
  settingsOf,
  type TestDatabase,
  withClient,
} from "./test-database.ts";

/** A bit of everything that is compared. */
const RICH: readonly BundledMigration[] = [
  sql(
    "001_tables",
    `create schema app;
create type app.mood as enum ('sad', 'ok');
create domain app.email as text not null check (value like '%@%');
create table users (id bigint generated always as identity primary key, email app.email, mood app.mood default 'ok', born timestamptz default '2026-01-01 10:00+02');
create table orders (id serial primary key, user_id bigint not null references users, total numeric(10, 2) default 0, note text collate "C", twice numeric generated always as (total * 2) stored);
create index orders_user_idx on orders (user_id) where total > 0;
comment on table users is 'people';
`,
  ),
  sql(
    "002_more",
    `create view app.totals as select user_id, sum(total) as total from orders group by user_id;
create materialized view app.best as select * from app.totals;
create function total(id bigint) returns numeric language sql stable as $$ select total from app.totals where user_id = id $$;
create function touch() returns trigger language plpgsql as $$ begin
  return new;
end $$;
create trigger orders_touch before update on orders for each row execute function touch();
alter table orders enable row level security;
create policy own on orders for select to public using (user_id > 0);
create sequence app.tickets increment 10;
create type app.pair as (a integer, b text);
create table events (at date not null, what text) partition by range (at);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
create aggregate app.longest(integer) (sfunc = int4larger, stype = integer, initcond = '0');
`,
  ),
];

const DRIFT: readonly (readonly [name: string, statement: string, lines: readonly string[]])[] = [
  ["a column more", "alter table users add nick text", ["+ table users: column nick text"]],
  [
    "a column less",
    "alter table orders drop note",
    ['- table orders: column note text collate "C"'],
  ],
  [
    "a default",
    "alter table users alter mood set default 'sad'",
    [
      "- table users: column mood app.mood default 'ok'::app.mood",
      "+ table users: column mood app.mood default 'sad'::app.mood",
    ],
  ],
  [
    "a constraint that is not validated",
    "alter table orders add constraint positive check (total >= 0) not valid",
    ["+ table orders: constraint positive CHECK ((total >= (0)::numeric)) NOT VALID"],
  ],
  [
    "an index of another kind",
    "drop index orders_user_idx; create unique index orders_user_idx on orders (user_id)",
    [
      "- table orders: index orders_user_idx ON public.orders USING btree (user_id) WHERE (total > (0)::numeric)",
      "+ table orders: unique index orders_user_idx ON public.orders USING btree (user_id)",
    ],
  ],
  [
    "a whole table, in one line",
    "create table stray (a integer primary key, b text)",
    ["+ table stray"],
  ],
  [
    "a view",
    "create or replace view app.totals as select user_id, sum(total) + 1 as total from orders group by user_id",
    [
      "~ view app.totals:",
      "  -     sum(total) AS total",
      "  +     (sum(total) + (1)::numeric) AS total",
    ],
  ],
  [
    "the line of a function",
    "create or replace function touch() returns trigger language plpgsql as $$ begin\n  return old;\nend $$",
    ["~ function touch():", "  -   return new;", "  +   return old;"],
  ],
  [
    "a trigger that is switched off",
    "alter table orders disable trigger orders_touch",
    [
      "- table orders: trigger orders_touch BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch()",
      "+ table orders: trigger orders_touch BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch() disabled",
    ],
  ],
  [
    "a value of an enum",
    "alter type app.mood add value 'great'",
    ["- enum app.mood: values 'sad', 'ok'", "+ enum app.mood: values 'sad', 'ok', 'great'"],
  ],
  [
    "a domain",
    "alter domain app.email drop constraint email_check",
    ["- domain app.email: constraint email_check CHECK ((VALUE ~~ '%@%'::text))"],
  ],
  [
    "a sequence",
    "alter sequence app.tickets cycle",
    [
      "- sequence app.tickets: as bigint start 1 increment 10 from 1 to 9223372036854775807 cache 1",
      "+ sequence app.tickets: as bigint start 1 increment 10 from 1 to 9223372036854775807 cache 1 cycle",
    ],
  ],
  [
    "a policy and its switch",
    "drop policy own on orders; alter table orders disable row level security",
    [
      "- table orders: policy own for select to public using ((user_id > 0))",
      "- table orders: row level security enabled",
    ],
  ],
  ["a comment", "comment on table users is null", ["- table users: comment 'people'"]],
  ["a privilege", "grant select on users to public", ["+ table users: grant SELECT to public"]],
  ["a schema", "create schema other", ["+ schema other"]],
  ["a partition", "drop table events_2026", ["- table events_2026"]],
  [
    "a composite type",
    "alter type app.pair add attribute c date",
    ["+ type app.pair: attribute c date"],
  ],
  ["a materialized view", "drop materialized view app.best", ["- materialized view app.best"]],
  [
    "a privilege on a function",
    "revoke execute on function total from public",
    ["- function total(id bigint): grant EXECUTE to public"],
  ],
];

async function byHand(
  { server, name }: TestDatabase,
  ...statements: readonly string[]
): Promise<void> {
  await withClient(settingsOf(server, name), async (client) => {
    const [owner] = (
      await client.query<{ o: string }>(
        "select pg_get_userbyid(datdba) as o from pg_database where datname = current_database()",
      )
    ).rows;
    await client.query(`set role ${owner?.o ?? ""}`);
    for (const statement of statements) await client.query(statement);
  });
}

/** A database whose owner may create others. */
async function creating(server: TestDatabase["server"]): Promise<TestDatabase> {
  const database = await createDatabase(server);
  await withClient(settingsOf(server, server.database), (client) =>
    client.query(`alter role ${database.settings.user} createdb`),
  );
  return database;
}

async function scratchDatabases(database: TestDatabase): Promise<readonly string[]> {
  const rows = await rowsOf<{ name: string }>(
    database.server,
    database.name,
    "select datname::text as name from pg_database where datname like 'tidegate_scratch_%' and pg_get_userbyid(datdba) = $1",
    [database.settings.user],
  );
  return rows.map(({ name }) => name);
}

describe.each(inject("servers"))("verify on Postgres $major", (server) => {
  test("finds nothing where the schema is what the migrations make, and leaves no database behind", async () => {
    const database = await creating(server);
    const migrations = bundleOf(...RICH);
    await migrate({ connection: database.settings, migrations });
    expect(await verify({ connection: database.settings, migrations })).toEqual({
      database: database.name,
      migrations: ["001_tables", "002_more"],
      differences: [],
      notes: [],
    });
    expect(await scratchDatabases(database)).toEqual([]);
  });

  test("shows everything that was changed by hand, and nothing else", async () => {
    const database = await creating(server);
    const migrations = bundleOf(...RICH);
    await migrate({ connection: database.settings, migrations });
    await byHand(database, ...DRIFT.map(([, statement]) => statement));
    const { differences } = await verify({ connection: database.settings, migrations });
    // Postgres 15 writes the table in front of every column.
    const found = renderDifferences(differences).map((line) =>
      line.replaceAll("orders.total", "total"),
    );
    expect(
      DRIFT.map(([name, , lines]) => [name, lines.filter((line) => !found.includes(line))]),
    ).toEqual(DRIFT.map(([name]) => [name, []]));
    expect(found).toHaveLength(DRIFT.flatMap(([, , lines]) => lines).length);
  });

  test("an invalid index that a failed build left is a difference", async () => {
    const database = await creating(server);
    const migrations = bundleOf(
      sql("001_a", "create table a (n integer);\ninsert into a values (1), (1);\n"),
      sql("002_b", "create index a_n on a (n);\n"),
    );
    await migrate({ connection: database.settings, migrations });
    await withClient(database.settings, async (client) => {
      await client.query("drop index a_n");
      await client.query("create unique index concurrently a_n on a (n)").catch(() => undefined);
    });
    const { differences } = await verify({ connection: database.settings, migrations });
    expect(renderDifferences(differences)).toEqual([
      "- table a: index a_n ON public.a USING btree (n)",
      "+ table a: unique index a_n ON public.a USING btree (n) INVALID",
    ]);
  });

  test("a pending migration is no difference, and neither is the order in which they were applied", async () => {
    const database = await creating(server);
    const [one, two] = [
      sql("001_a", "create table a ();\n"),
      sql("003_c", "alter table a add c text;\n"),
    ];
    const late = sql("002_b", "alter table a add b text;\n");
    const pending = sql("004_d", "create table d ();\n");
    await migrate({ connection: database.settings, migrations: bundleOf(one, two) });
    await migrate({
      connection: database.settings,
      migrations: bundleOf(one, late, two),
      outOfOrder: true,
    });
    const result = await verify({
      connection: database.settings,
      migrations: bundleOf(one, late, two, pending),
    });
    expect(result.migrations).toEqual(["001_a", "003_c", "002_b"]);
    expect(result.differences).toEqual([]);
  });

  test("a file that was changed after it was applied is refused, as what is compared must be what ran", async () => {
    const database = await creating(server);
    await migrate({
      connection: database.settings,
      migrations: bundleOf(sql("001_a", "create table a ();\n")),
    });
    const error = await failureOf(
      verify({
        connection: database.settings,
        migrations: bundleOf(sql("001_a", "create table b ();\n")),
      }),
    );
    expect(error.kind).toBe("refused");
    expect(error.message).toContain("001_a.sql was changed after it was applied");
  });

  test("a baseline stands for its files; without any it is refused", async () => {
    const database = await creating(server);
    await byHand(database, "create table a ()");
    const [base, next] = [
      sql("001_a", "create table a ();\n"),
      sql("002_b", "create table b ();\n"),
    ];
    await baseline({ connection: database.settings, migrations: bundleOf(base), version: "001_a" });
    const migrations = bundleOf(base, next);
    await migrate({ connection: database.settings, migrations });
    expect((await verify({ connection: database.settings, migrations })).differences).toEqual([]);
    const error = await failureOf(
      verify({ connection: database.settings, migrations: bundleOf(next) }),
    );
    expect(error.message).toBe(
      "001_a is the baseline, and no file of this folder makes what it stands for",
    );
  });

  test("a migration that fails on an empty database is named, and the scratch database is gone", async () => {
    const database = await creating(server);
    const migrations = bundleOf(
      sql("001_a", "create table a ();\n"),
      sql(
        "002_b",
        "do $$ begin if current_database() like 'tidegate_scratch%' then raise 'no rows'; end if; end $$;\n",
      ),
    );
    await migrate({ connection: database.settings, migrations });
    const error = await failureOf(verify({ connection: database.settings, migrations }));
    expect(error.message).toBe("no rows");
    expect(error.details).toMatchObject({
      file: "002_b.sql",
      state: "that was in the scratch database, which is gone; nothing else was changed",
    });
    expect(await scratchDatabases(database)).toEqual([]);
  });

  test("a stop in the middle drops the scratch database", async () => {
    const database = await creating(server);
    const migrations = bundleOf(
      sql(
        "001_a",
        "select case when current_database() like 'tidegate_scratch%' then pg_sleep(600) end;\n",
      ),
    );
    await migrate({ connection: database.settings, migrations });
    const stop = new AbortController();
    const work = failureOf(
      verify({ connection: database.settings, migrations, signal: stop.signal }),
    );
    await withClient(database.settings, async (client) => {
      for (;;) {
        const { rows } = await client.query(
          "select from pg_stat_activity where datname like 'tidegate_scratch%' and usename = current_user and wait_event = 'PgSleep'",
        );
        if (rows.length > 0) break;
      }
    });
    stop.abort();
    expect((await work).kind).toBe("stopped");
    expect(await scratchDatabases(database)).toEqual([]);
  });

  test("a login that may not create databases is told the way out, and an empty database is that", async () => {
    const database = await createDatabase(server);
    const migrations = bundleOf(...RICH);
    await migrate({ connection: database.settings, migrations });
    const error = await failureOf(verify({ connection: database.settings, migrations, env: {} }));
    expect(error.kind).toBe("usage");
    expect(error.message).toBe(
      `${server.host}:${server.port}/${database.name} as ${database.settings.user}: a scratch database is needed, and it may not be created: permission denied to create database`,
    );
    expect(error.details.next).toBe(
      `give the address of an empty database in SCRATCH_DATABASE_URL, or as an admin: ALTER ROLE "${database.settings.user}" CREATEDB`,
    );

    const scratch = await createDatabase(server);
    await withClient(settingsOf(server, server.database), async (client) => {
      await client.query(`alter database ${scratch.name} owner to ${database.settings.user}`);
    });
    const url = database.url.replace(`/${database.name}`, `/${scratch.name}`);
    const env = { SCRATCH_DATABASE_URL: url };
    await byHand(database, "alter table users add nick text");
    for (const round of [1, 2]) {
      const { differences } = await verify({ connection: database.settings, migrations, env });
      expect([round, ...renderDifferences(differences)]).toEqual([
        round,
        "+ table users: column nick text",
      ]);
    }
    expect(
      await rowsOf(
        server,
        scratch.name,
        "select relname from pg_class where relnamespace = 'public'::regnamespace",
      ),
    ).toEqual([]);

    const full = await failureOf(
      verify({
        connection: database.settings,
        migrations,
        env: { SCRATCH_DATABASE_URL: database.url },
      }),
    );
    expect(full.message).toContain("is both the database and its scratch database");
    await byHand({ ...scratch }, "create table precious ()");
    const filled = await failureOf(verify({ connection: database.settings, migrations, env }));
    expect(filled.message).toContain("is not empty: it has table precious");
    expect(filled.kind).toBe("usage");
    expect(await rowsOf(server, scratch.name, "select from precious")).toEqual([]);
  });

  test("the migrator of a provisioned database verifies privileges too, in a database of its owner's", async () => {
    const provisioned = planFor(server, await createAdmin(server));
    const { plan, env } = provisioned;
    await bootstrap({ connection: provisioned.admin, plan, env });
    const connection = provisioned.login(plan.database.migrator);
    const migrations = bundleOf(...RICH);
    await migrate({ connection, migrations, expectOwner: true });
    await withClient(settingsOf(server, server.database), (client) =>
      client.query(`alter role ${plan.database.migrator} createdb`),
    );
    expect((await verify({ connection, migrations })).differences).toEqual([]);
    await withClient(connection, (client) =>
      client.query(`revoke insert on users from ${plan.database.app}`),
    );
    const { differences, notes } = await verify({ connection, migrations });
    expect(renderDifferences(differences)).toEqual([
      `- table users: grant DELETE, INSERT, SELECT, UPDATE to ${plan.database.app}`,
      `+ table users: grant DELETE, SELECT, UPDATE to ${plan.database.app}`,
    ]);
    expect(notes).toEqual([]);
  });

  test("what undone migrations leave is a difference", async () => {
    const database = await creating(server);
    const migrations = bundleOf(
      sql("001_a", "create table a ();\n"),
      sql("002_b", "create table b ();\ncreate type t as enum ('x');\n", {
        down: { kind: "sql", file: "002_b.down.sql", text: "drop table b;", checksum: "sql1:x" },
      }),
    );
    await migrate({ connection: database.settings, migrations });
    await down({ connection: database.settings, choice: { steps: 1 }, allowDataLoss: true });
    const { differences } = await verify({ connection: database.settings, migrations });
    expect(renderDifferences(differences)).toEqual(["+ enum t"]);
  });
});
