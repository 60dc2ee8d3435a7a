import { describe, expect, inject, test } from "vitest";

import { catalogName, type LockMode } from "../../src/lint/locks.ts";
import { lint } from "../unit/lint/lint.ts";
import { sqlstateOf } from "./failure.ts";
import { createDatabase, settingsOf, withClient } from "./test-database.ts";

const SUBSCRIPTION = "create subscription s connection 'dbname=x' publication p";

describe.each(inject("servers"))("on Postgres $major", (server) => {
  test.each([
    "cluster",
    SUBSCRIPTION,
    "drop subscription s",
    "alter subscription s refresh publication",
    "alter subscription s set publication q",
    "alter database postgres set tablespace pg_default",
    "discard all",
  ])("%s, which the check refuses in a transaction, fails there with 25001", async (statement) => {
    const { name } = await createDatabase(server);
    await withClient(settingsOf(server, name), async (client) => {
      // A subscription with the name of a slot, and without the slot: nothing is connected to.
      await client.query(`${SUBSCRIPTION} with (connect = false, slot_name = 's')`);
      await client.query("alter subscription s enable");
      await client.query("begin");
      expect(await sqlstateOf(client.query(statement))).toBe("25001");
      await client.query("rollback");
      await client.query("alter subscription s disable");
      await client.query("alter subscription s set (slot_name = none)");
      await client.query("drop subscription s");
    });
  });

  test.each<readonly [string, LockMode, string?]>([
    ["create table r (id bigint references customers);", "SHARE ROW EXCLUSIVE"],
    ["create table r (id bigint, foreign key (id) references customers);", "SHARE ROW EXCLUSIVE"],
    ["alter table orders add column c bigint references customers;", "SHARE ROW EXCLUSIVE"],
    [
      "alter table orders add foreign key (id) references customers not valid;",
      "SHARE ROW EXCLUSIVE",
    ],
    ["create rule r as on delete to customers do instead nothing;", "ACCESS EXCLUSIVE"],
    ["create policy r on customers using (true);", "ACCESS EXCLUSIVE"],
    ["alter policy p on customers using (false);", "ACCESS EXCLUSIVE"],
    ["drop policy p on customers;", "ACCESS EXCLUSIVE"],
    ["create table r partition of parts for values in (2);", "ACCESS EXCLUSIVE", "parts"],
  ])(
    "%s holds the lock that work behind it is found to wait for",
    async (statement, mode, table = "customers") => {
      const { name } = await createDatabase(server);
      await withClient(settingsOf(server, name), async (client) => {
        await client.query(
          "create table customers (id bigint primary key); create table orders (id bigint); create policy p on customers using (true); create table parts (a int) partition by list (a)",
        );
        await client.query(`begin; ${statement}`);
        const { rows } = await client.query<{ mode: string }>(
          "select mode from pg_locks where pid = pg_backend_pid() and relation = $1::regclass and mode = $2",
          [table, catalogName(mode)],
        );
        expect(rows).toHaveLength(1);
        await client.query("rollback");
      });
      const { findings } = await lint({ "001_a.sql": `${statement}\ncopy orders from '/o';` });
      const found = findings.find(({ rule }) => rule === "work-behind-lock");
      // Of two tables the stronger lock is named: that of ALTER TABLE itself.
      const own = statement.startsWith("alter table orders");
      expect(found?.lock?.table).toBe(own ? "orders" : table);
    },
  );
});
