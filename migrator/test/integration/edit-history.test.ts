import { describe, expect, inject, test } from "vitest";

import { baseline, history, migrate, repair, withdraw } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);");
const DROP = sql("002_drop", "drop table a;", { phase: "contract" });
const C = sql("003_c", "create table c (id int);");

describe.each(inject("servers"))("changes of the history on Postgres $major", (server) => {
  test("an expand run does not jump over a pending contract migration, and withdraw lets it", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    await migrate({ connection, migrations: bundleOf(A) });
    const run = { connection, migrations: bundleOf(A, DROP, C), phase: "expand" } as const;
    const error = await failureOf(migrate(run));
    expect(error.message).toBe(
      "002_drop.sql is a contract migration that is still pending, and 003_c would jump over it; run it first with `migrator up --to 002_drop`, or, where it is never to run, `migrator withdraw 002_drop`",
    );
    await withdraw({ connection, migrations: bundleOf(A, DROP, C), name: "2" });
    await withdraw({ connection, migrations: bundleOf(A, DROP, C), name: "002_drop" });
    expect((await migrate(run)).applied.map(({ name }) => name)).toEqual(["003_c"]);
    // Neither phase runs it afterwards, nor is its file missed.
    const all = await migrate({ connection, migrations: bundleOf(A, DROP, C) });
    expect(all.applied).toEqual([]);
    expect((await migrate({ connection, migrations: bundleOf(A, C) })).applied).toEqual([]);
    const events = await history({ connection });
    expect(events.map(({ name, direction }) => [name, direction])).toEqual([
      ["001_a", "up"],
      ["002_drop", "withdraw"],
      ["003_c", "up"],
    ]);
  });

  test("withdraw refuses what is applied, what is no contract migration and what is not there", async () => {
    const database = await createDatabase(server);
    const request = { connection: database.settings, migrations: bundleOf(A, C) };
    await migrate({ ...request, migrations: bundleOf(A) });
    expect((await failureOf(withdraw({ ...request, name: "001_a" }))).message).toBe(
      "001_a is applied, not pending",
    );
    expect((await failureOf(withdraw({ ...request, name: "003_c" }))).message).toContain(
      "003_c is an expand migration",
    );
    expect((await failureOf(withdraw({ ...request, name: "004" }))).kind).toBe("usage");
  });

  test("baseline records a schema that is there, and nothing of it runs", async () => {
    const database = await createDatabase(server);
    const request = {
      connection: database.settings,
      migrations: bundleOf(A, C),
      version: "001_a",
    };
    const empty = await failureOf(baseline(request));
    expect(empty.message).toBe("the database holds no table, view or sequence: it is not at 001_a");
    expect(
      await rowsOf(server, database.name, "select to_regclass('migration_history')::text as t"),
    ).toEqual([{ t: null }]);
    await rowsOf(server, database.name, "create table a (id int)");
    expect((await baseline(request)).recorded).toEqual(["001_a"]);
    const { applied } = await migrate(request);
    expect(applied.map(({ name }) => name)).toEqual(["003_c"]);
    const again = await failureOf(baseline(request));
    expect(again.message).toBe("the history holds 2 migrations already (003_c is the last)");
  });

  test("up --to stops at a version", async () => {
    const database = await createDatabase(server);
    const request = { connection: database.settings, migrations: bundleOf(A, DROP, C) };
    const { applied } = await migrate({ ...request, to: "2" });
    expect(applied.map(({ name }) => name)).toEqual(["001_a", "002_drop"]);
    expect((await failureOf(migrate({ ...request, to: "7" }))).message).toBe(
      "the folder holds no migration 7",
    );
  });

  test("repair --accept takes a changed file, and logs both checksums", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    await migrate({ connection, migrations: bundleOf(A) });
    const changed = sql("001_a", "create table a (id int); -- as reviewed");
    const migrations = bundleOf(changed);
    await failureOf(migrate({ connection, migrations }));
    const { repaired } = await repair({ connection, migrations, accept: ["001_a"] });
    expect(repaired).toEqual([
      `001_a: checksum ${A.checksum} was applied, ${changed.checksum} is accepted`,
    ]);
    expect((await migrate({ connection, migrations })).applied).toEqual([]);
    expect((await history({ connection })).at(-1)).toMatchObject({
      direction: "repair",
      who: database.settings.user,
      detail: `checksum ${A.checksum} was applied, ${changed.checksum} is accepted`,
    });
  });

  test("repair --accept of a file that is as it was applied changes and logs nothing", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    const down = {
      kind: "sql",
      file: "001_a.down.sql",
      text: "drop table a;",
      checksum: "sql1:1",
    } as const;
    const migrations = bundleOf(sql("001_a", "create table a (id int);", { down }), C);
    await migrate({ connection, migrations });
    const accept = ["001_a", "003_c"];
    expect((await repair({ connection, migrations, accept })).repaired).toEqual([]);
    expect((await history({ connection })).map(({ direction }) => direction)).toEqual(["up", "up"]);
    // A way down that was changed in the table is put right by the same command.
    await rowsOf(
      server,
      database.name,
      "update migration_history set down_text = 'select 1' where name = '001_a'",
    );
    expect((await repair({ connection, migrations, accept })).repaired).toHaveLength(1);
    expect(
      await rowsOf(
        server,
        database.name,
        "select down_text from migration_history where name = '001_a'",
      ),
    ).toEqual([{ down_text: "drop table a;" }]);
    expect((await history({ connection })).map(({ direction, name }) => [direction, name])).toEqual(
      [
        ["up", "001_a"],
        ["up", "003_c"],
        ["repair", "001_a"],
      ],
    );
  });

  test("repair --rename keeps the old name for the gates, and refuses another file", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    await migrate({ connection, migrations: bundleOf(A) });
    const other = await failureOf(
      repair({
        connection,
        migrations: bundleOf({ ...C, name: "001_create_a" }),
        rename: [{ from: "001_a", to: "001_create_a" }],
      }),
    );
    expect(other.message).toContain("is not what was applied as 001_a");
    const migrations = bundleOf({ ...A, name: "001_create_a", file: "001_create_a.sql" });
    await failureOf(migrate({ connection, migrations }));
    await repair({ connection, migrations, rename: [{ from: "001_a", to: "001_create_a" }] });
    expect((await migrate({ connection, migrations })).applied).toEqual([]);
    // The image that knows only the old name.
    expect((await migrate({ connection, migrations: bundleOf(A) })).applied).toEqual([]);
    expect(
      await rowsOf(server, database.name, "select name, aliases from migration_history"),
    ).toEqual([{ name: "001_create_a", aliases: ["001_a"] }]);
  });
});
