import type { Client } from "pg";
import { beforeAll, describe, expect, inject, test } from "vitest";

import type { TestServer } from "../../../test/integration/servers.ts";
import { readSql } from "../../src/bundle/sql-migration.ts";
import { BLOCKS, blocksWrites, catalogName, LOCK_MODES } from "../../src/lint/locks.ts";
import { parseAll } from "../../src/lint/parser-process.ts";
import { RULES, type RuleText } from "../../src/lint/rule-list.ts";
import { commandLock } from "../../src/lint/scene.ts";
import { lint } from "../unit/lint/lint.ts";
import { sqlstateOf } from "./failure.ts";
import { createDatabase, settingsOf, withClient } from "./test-database.ts";

/** What the examples of the rules work on. */
const TABLES = `
  create table customers (id bigint primary key);
  create type order_state as enum ('new');
  create table orders (id bigint primary key, customer_id bigint, number int, amount int,
    note text, code varchar(10), state order_state, placed_at date);
  create index orders_placed_idx on orders (placed_at);
  alter table orders add constraint orders_code_check check (code <> '') not valid;
  create materialized view order_totals as select count(*) as n from orders;
  create unique index order_totals_n on order_totals (n);`;

const rows = Object.entries(RULES satisfies Record<string, RuleText>).map(
  ([rule, text]): [string, RuleText] => [rule, text],
);

/** Calls `use` with a superuser's connection to a database of its own that holds the tables. */
async function withTables<T>(
  server: TestServer,
  use: (client: Client, database: string) => Promise<T>,
): Promise<T> {
  const { name } = await createDatabase(server);
  return await withClient(settingsOf(server, name), async (client) => {
    await client.query(TABLES);
    return await use(client, name);
  });
}

/** Calls `use` with a connection to a database that keeps what it is given: changes are rolled back. */
async function withShared<T>(
  server: TestServer,
  database: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return await withClient(settingsOf(server, database), use);
}

/** The strongest lock that this connection holds on a relation. */
async function strongest(client: Client, oid: number): Promise<string | undefined> {
  const { rows: found } = await client.query<{ mode: string }>(
    "select mode from pg_locks where pid = pg_backend_pid() and relation = $1 and granted",
    [oid],
  );
  const modes = found.map(({ mode }) => mode);
  return LOCK_MODES.map(catalogName).findLast((mode) => modes.includes(mode));
}

/** Whether no transaction is open. */
async function isIdle(client: Client): Promise<boolean> {
  const { rows: found } = await client.query<{ idle: boolean }>(
    "select now() = statement_timestamp() as idle",
  );
  return found[0]?.idle === true;
}

async function oidOf(client: Client, relation: string): Promise<number> {
  const { rows: found } = await client.query<{ oid: number }>("select $1::regclass::oid as oid", [
    relation,
  ]);
  return found[0]?.oid ?? 0;
}

describe.each(inject("servers"))("on Postgres $major", (server) => {
  let shared = "";
  beforeAll(async () => {
    shared = await withTables(server, async (_client, database) => database);
  });

  test.each(rows.filter(([, { lock }]) => lock !== undefined))(
    "the example of %s holds the lock that the finding names",
    async (_rule, { setup, example, lock = "SHARE", table = "orders" }) => {
      // What the transaction itself makes is locked by that: the setup is committed first.
      const use =
        setup === undefined ? withShared.bind(null, server, shared) : withTables.bind(null, server);
      await use(async (client) => {
        if (setup !== undefined) await client.query(setup);
        const oid = await oidOf(client, table);
        await client.query("begin");
        await client.query(example);
        expect(await strongest(client, oid)).toBe(catalogName(lock));
        await client.query("rollback");
      });
    },
  );

  test.each(rows.filter(([rule]) => rule !== "missing-down"))(
    "the safe way of %s runs",
    async (_rule, { setup, safe }) => {
      await withTables(server, async (client) => {
        if (setup !== undefined) await client.query(setup);
        for (const text of safe.split(/^-- (?:in the next migration|in the one after it):$/m)) {
          const { statements, transaction } = readSql("safe.sql", text, "sql");
          if (transaction) await client.query("begin");
          for (const { start, end } of statements) await client.query(text.slice(start, end));
          if (transaction) await client.query("commit");
          expect(await isIdle(client)).toBe(true);
        }
      });
    },
  );

  test.each(LOCK_MODES)("%s blocks what it is said to block", async (mode) => {
    await withShared(server, shared, async (client) => {
      await client.query(`begin; lock table orders in ${mode} mode`);
      const blocked = await withClient(settingsOf(server, shared), async (other) => {
        const isBlocked = async (text: string): Promise<boolean> => {
          const result = await other.query(`set lock_timeout = '20ms'; ${text}`).then(
            () => "done",
            (error: Error & { code?: string }) => error.code,
          );
          expect(["done", "55P03"]).toContain(result);
          return result === "55P03";
        };
        return {
          reads: await isBlocked("select from orders"),
          writes: await isBlocked("update orders set note = '' where id = 1"),
        };
      });
      expect(blocked).toEqual({ reads: mode === "ACCESS EXCLUSIVE", writes: blocksWrites(mode) });
      expect(BLOCKS[mode].includes("every read and every write")).toBe(blocked.reads);
      expect(/\bevery\b.*\bwrite\b/.test(BLOCKS[mode])).toBe(blocked.writes);
    });
  });

  test.each([
    "add column c1 int",
    "add column c1 int not null default 5",
    "add column c1 serial",
    "add column c1 bigint references customers (id)",
    "drop column note",
    "alter column code type varchar(20)",
    "alter column amount set not null",
    "alter column amount drop not null",
    "alter column amount set default 3",
    "alter column amount set statistics 500",
    "alter column amount set (n_distinct = 5)",
    "alter column amount add generated always as identity",
    "add constraint c check (amount > 0) not valid",
    "add constraint c foreign key (customer_id) references customers (id) not valid",
    "add constraint c unique (number)",
    "validate constraint orders_code_check",
    "drop constraint orders_code_check",
    "enable row level security",
    "disable trigger all",
    "set (fillfactor = 90)",
    "reset (fillfactor)",
    "set unlogged",
    "replica identity full",
    "cluster on orders_placed_idx",
    "set without cluster",
    "set tablespace pg_default",
  ])("ALTER TABLE … %s takes the lock that the rules count with", async (command) => {
    const text = `alter table orders ${command.replace("alter column amount add", "alter column id add")}`;
    const { texts } = await parseAll({ texts: [text], modules: [] });
    const [parsed] = texts;
    if (parsed === undefined || "error" in parsed) throw new Error(`not parsed: ${text}`);
    const [statement] = parsed.stmts;
    if (statement?.stmt === undefined || !("AlterTableStmt" in statement.stmt)) {
      throw new Error(`no ALTER TABLE: ${text}`);
    }
    const [node] = statement.stmt.AlterTableStmt.cmds ?? [];
    if (node === undefined || !("AlterTableCmd" in node)) throw new Error(`no command: ${text}`);
    const expected = catalogName(commandLock(node.AlterTableCmd));
    await withShared(server, shared, async (client) => {
      const oid = await oidOf(client, "orders");
      await client.query(`begin; ${text}`);
      expect(await strongest(client, oid)).toBe(expected);
      await client.query("rollback");
    });
  });

  test.each([
    ["add column c int", false],
    ["add column c int not null default 5", false],
    ["add column c timestamptz not null default now()", false],
    ["add column c timestamptz default current_timestamp", false],
    ["add column c text default upper('a')", false],
    ["add column c jsonb default jsonb_build_object('a', 1)", false],
    ["add column c int references customers (id)", false],
    ["add column c timestamptz default clock_timestamp()", true],
    ["add column c uuid default gen_random_uuid()", true],
    ["add column c float default random()", true],
    ["add column c serial", true],
    ["add column c int generated always as identity", true],
    ["add column c int generated always as (amount + 1) stored", true],
  ])("ALTER TABLE … %s is found exactly where it rewrites: %s", async (command, rewrites) => {
    const text = `alter table orders ${command};`;
    const { findings } = await lint({ "001_a.sql": text });
    expect(findings.some(({ rule }) => rule === "add-column-rewrites")).toBe(rewrites);
    await withShared(server, shared, async (client) => {
      const file = async (): Promise<unknown> =>
        (await client.query("select pg_relation_filenode('orders') as file")).rows[0];
      const before = await file();
      await client.query(`begin; insert into orders (id) values (-1); ${text}`);
      expect(JSON.stringify(await file()) !== JSON.stringify(before)).toBe(rewrites);
      await client.query("rollback");
    });
  });

  test.each([
    ["enum-value-used", "55P04"],
    ["not-in-transaction", "25001"],
    ["syntax", "42601"],
  ] as const)("the example of %s fails with %s", async (rule, code) => {
    await withShared(server, shared, async (client) => {
      await client.query("begin");
      expect(await sqlstateOf(client.query(RULES[rule].example))).toBe(code);
      await client.query("rollback");
    });
  });

  test("a required column without a default fails where the table has a row", async () => {
    await withShared(server, shared, async (client) => {
      await client.query("begin; insert into orders (id) values (-1)");
      const { example } = RULES["add-required-column"];
      expect(await sqlstateOf(client.query(example))).toBe("23502");
      await client.query("rollback");
    });
  });

  test("VACUUM FULL, which no transaction can hold still, waits for ACCESS EXCLUSIVE", async () => {
    await withTables(server, async (client, database) => {
      const oid = await oidOf(client, "orders");
      await client.query("begin; select from orders");
      await withClient(settingsOf(server, database), async (other) => {
        const vacuum = other.query("vacuum full orders");
        for (;;) {
          const { rows: found } = await client.query<{ mode: string }>(
            "select mode from pg_locks where relation = $1 and not granted",
            [oid],
          );
          if (found.length === 0) continue;
          expect(found).toEqual([{ mode: "AccessExclusiveLock" }]);
          break;
        }
        await client.query("commit");
        await vacuum;
      });
    });
  });
});
