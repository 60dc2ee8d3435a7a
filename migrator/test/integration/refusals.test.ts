import { describe, expect, inject, test } from "vitest";

import { migrate, status } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);");
const B = sql("002_b", "create table b (id int);");
const C = sql("003_c", "create table c (id int);");

describe.each(inject("servers"))("what up refuses on Postgres $major", (server) => {
  test("a changed file", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    const changed = { ...A, checksum: "sql1:other" };
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(changed, B) }),
    );
    expect(error.kind).toBe("refused");
    expect(error.message).toBe(
      `001_a.sql was changed after it was applied (${A.checksum} then, sql1:other now); put it back as it was, and write the change as a new migration, or, where the change is known to do no harm, \`migrator repair --accept 001_a\``,
    );
    expect(error.details.state).toBe("nothing was changed");
  });

  test("a file that is gone while newer ones are here", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B) });
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(B, C) }),
    );
    expect(error.message).toBe(
      "001_a is applied and its file is gone, while newer files are here; put the file back as it was, or, where it only has another name now, `migrator repair --rename 001_a=NEW_NAME`",
    );
  });

  test("a file that arrives out of order, unless it is allowed", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A, C) });
    const late = { connection: database.settings, migrations: bundleOf(A, B, C) };
    const error = await failureOf(migrate(late));
    expect(error.message).toBe(
      "002_b.sql arrives out of order: 003_c is newer and applied; give the file a newer number, or allow it once with --out-of-order",
    );
    const inJob = await failureOf(migrate({ ...late, env: { TIDEGATE_DATABASE: "orders" } }));
    expect(inJob.message).toBe(
      "002_b.sql arrives out of order: 003_c is newer and applied; give the file a newer number, or allow it with `databases.orders.outOfOrder: true`",
    );
    const { applied } = await migrate({ ...late, outOfOrder: true });
    expect(applied.map(({ name }) => name)).toEqual(["002_b"]);
  });

  test("a database that is ahead, where it is to be refused; otherwise it is a notice", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B, C) });
    const old = { connection: database.settings, migrations: bundleOf(A) };
    const notices: string[] = [];
    const result = await migrate({
      ...old,
      onEvent: (event) => {
        if (event.event === "notice") notices.push(event.message);
      },
    });
    expect(result).toMatchObject({ applied: [], version: "003_c", ahead: ["002_b", "003_c"] });
    expect(notices).toEqual(["the database is ahead of this folder by 2: 002_b, 003_c"]);
    const error = await failureOf(migrate({ ...old, ahead: "refuse" }));
    expect(error.message).toBe(
      "the database is ahead of this folder: it has 002_b, 003_c; deploy a version that has these files, or allow it with --ahead notice",
    );
    const inJob = await failureOf(
      migrate({ ...old, ahead: "refuse", env: { TIDEGATE_DATABASE: "orders" } }),
    );
    expect(inJob.message).toBe(
      "the database is ahead of this folder: it has 002_b, 003_c; deploy a version that has these files, or allow it with `databases.orders.ahead: notice`",
    );
  });

  test("several mistakes are told at once", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B) });
    const changed = { ...B, checksum: "sql1:other" };
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(changed, C) }),
    );
    expect(error.message).toMatch(
      /^folder and history do not fit together:\n- 002_b.sql was changed .*\n- 001_a is applied and its file is gone/,
    );
  });

  test("a role that does not own the database, where the owner is expected", async () => {
    const database = await createDatabase(server);
    const owner = database.settings.user;
    const name = `${owner}_guest`;
    await rowsOf(server, database.name, `create role ${name} login password 'guestword'`);
    const guest = { ...database.settings, user: name, password: "guestword" };
    const error = await failureOf(
      migrate({ connection: guest, migrations: bundleOf(A), expectOwner: true }),
    );
    expect(error.message).toBe(
      `the current role is ${name}, and the database belongs to ${owner}: what a migration creates would belong to the wrong role`,
    );
    expect(error.details.next).toBe(
      `GRANT "${owner}" TO "${name}"; ALTER ROLE "${name}" SET role = '${owner}'`,
    );
  });

  test("a history that somebody else may write", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    await rowsOf(
      server,
      database.name,
      "grant insert, delete on migration_history to public; grant update (outcome) on migration_history to pg_monitor",
    );
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(A, B) }),
    );
    expect(error.message).toContain("PUBLIC (DELETE, INSERT)");
    expect(error.message).toContain("pg_monitor (UPDATE)");
    expect(error.details.next).toContain(
      "REVOKE DELETE, INSERT ON public.migration_history FROM PUBLIC;",
    );
    const next = error.details.next ?? "";
    await rowsOf(server, database.name, next);
    const { applied } = await migrate({
      connection: database.settings,
      migrations: bundleOf(A, B),
    });
    expect(applied.map(({ name }) => name)).toEqual(["002_b"]);
  });

  test("a table of that name that the runner did not make", async () => {
    const database = await createDatabase(server);
    await rowsOf(server, database.name, "create table migration_history as select 1 as name");
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(A) }),
    );
    expect(error.message).toBe(
      "the table public.migration_history was not made by this runner: its columns or its comment are not ours",
    );
  });

  test("contract migrations wait for their phase, and for older expand migrations", async () => {
    const database = await createDatabase(server);
    const drop = sql("002_drop", "drop table a;", { phase: "contract" });
    const migrations = bundleOf(A, drop, C);
    const run = { connection: database.settings, migrations };
    const early = await failureOf(migrate({ ...run, phase: "contract" }));
    expect(early.message).toBe("002_drop.sql needs 001_a first; run `migrator up --phase expand`");
    const expand = await migrate({ ...run, phase: "expand" });
    expect(expand.applied.map(({ name }) => name)).toEqual(["001_a", "003_c"]);
    expect((await status(run)).pending).toEqual(["002_drop"]);
    const contract = await migrate({ ...run, phase: "contract" });
    expect(contract.applied.map(({ name }) => name)).toEqual(["002_drop"]);
    // A folder delivered for the expand phase only does not know the contract migration.
    const again = await migrate({ ...run, migrations: bundleOf(A, C), phase: "expand" });
    expect(again.applied).toEqual([]);
  });
});
