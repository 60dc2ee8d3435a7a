import { describe, expect, inject, test } from "vitest";

import { down } from "../../src/commands/down.ts";
import { withdraw } from "../../src/commands/withdraw.ts";
import { migrate } from "../../src/index.ts";
import { verdictOf } from "../../src/core/verdict.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, settingsOf, withClient } from "./test-database.ts";

/** As a Job of a stack starts the runner. */
const JOB = { env: { TIDEGATE_DATABASE: "orders" } };

describe.each(inject("servers"))("refusals inside a Job on Postgres $major", (server) => {
  test("a pending contract migration that newer ones would jump over names what `pulumi up` can do", async () => {
    const { settings: connection } = await createDatabase(server);
    const first = sql("001_a", "create table a (id int, old int);");
    const drop = sql("002_drop", "alter table a drop column old;", { phase: "contract" });
    const later = sql("003_c", "create table c (id int);");
    await migrate({ ...JOB, connection, migrations: bundleOf(first), phase: "expand" });
    const migrations = bundleOf(first, drop, later);
    const run = { ...JOB, connection, migrations, phase: "expand" } as const;
    expect(verdictOf(await failureOf(migrate(run)))).toBe(
      "002_drop.sql is a contract migration that is still pending, and 003_c would jump over it; take what is newer out of the folder and run `pulumi up`, which runs it after the rollout, then put that back; or, where it is never to run, withdraw it: docs/runbook.md, A contract migration holds up a deploy\nstate: nothing was changed",
    );
    // The one way: without what is newer the Job of the phase expand passes, and that of the contract runs it.
    const older = { ...JOB, connection, migrations: bundleOf(first, drop) };
    expect((await migrate({ ...older, phase: "expand" })).applied).toEqual([]);
    expect((await migrate({ ...older, phase: "contract" })).version).toBe("002_drop");
    expect((await migrate(run)).version).toBe("003_c");
  });

  test("the other way: a contract migration that was withdrawn holds up nothing", async () => {
    const { settings: connection } = await createDatabase(server);
    const first = sql("001_a", "create table a (id int, old int);");
    const drop = sql("002_drop", "alter table a drop column old;", { phase: "contract" });
    const later = sql("003_c", "create table c (id int);");
    await migrate({ ...JOB, connection, migrations: bundleOf(first), phase: "expand" });
    const migrations = bundleOf(first, drop, later);
    await withdraw({ ...JOB, connection, migrations, name: "002_drop" });
    expect((await migrate({ ...JOB, connection, migrations, phase: "expand" })).version).toBe(
      "003_c",
    );
  });

  test("a contract migration before the expand migrations that it needs names the Job's key", async () => {
    const { settings: connection } = await createDatabase(server);
    const migrations = bundleOf(
      sql("001_a", "select 1;"),
      sql("002_drop", "select 2;", { phase: "contract" }),
    );
    const refused = migrate({ ...JOB, connection, migrations, phase: "contract" });
    expect((await failureOf(refused)).message).toBe(
      "002_drop.sql needs 001_a first; raise `databases.orders.run` by one and run `pulumi up`, whose first Job applies them",
    );
  });

  test("an older version of a service that is connected: `pulumi up` again", async () => {
    const database = await createDatabase(server);
    const { settings: connection, name } = database;
    const versions = { format: 1, command: "kubectl get pods", services: [] } as const;
    await withClient(settingsOf(server, name), async (old) => {
      await old.query("set application_name = 'orders@1'");
      const refused = migrate({
        ...JOB,
        connection,
        migrations: bundleOf(sql("001_drop", "select 1;", { phase: "contract" })),
        phase: "contract",
        services: { versions, policy: "refuse", waitSeconds: 0 },
      });
      expect((await failureOf(refused)).details.next).toBe(
        "let its pods end (kubectl get pods), or end a connection that nobody needs as admin: select pg_terminate_backend(PID); then run `pulumi up` again",
      );
    });
  });

  test("what a rollback refuses names keys of `rollback`", async () => {
    const { settings: connection } = await createDatabase(server);
    const lossy = sql("001_a", "create table a (id int);", {
      down: { kind: "sql", text: "drop table a;", file: "001_a.down.sql", checksum: "sql1:a" },
    });
    const none = sql("002_b", "insert into a values (1);");
    const migrations = bundleOf(lossy, none);
    await migrate({ ...JOB, connection, migrations });
    const nextOf = async (choice: Parameters<typeof down>[0]["choice"] & {}): Promise<unknown> =>
      (await failureOf(down({ ...JOB, connection, choice }))).details.next;
    expect(await nextOf({ steps: 1 })).toBe(
      "write a new migration that undoes it, or give it a way down (NNN_name.down.sql beside it, or `down` in it) in this folder, and run `pulumi up` again",
    );
    await withClient(connection, (client) =>
      client.query("delete from migration_history where name = '002_b'"),
    );
    expect(await nextOf({ to: "0" })).toBe(
      "save what is needed, then allow it with `rollback.allowDataLoss: true`",
    );
    const set = (outcome: string): Promise<unknown> =>
      withClient(connection, (client) =>
        client.query("update migration_history set outcome = $1", [outcome]),
      );
    await set("failed");
    expect(await nextOf({ to: "0" })).toBe(
      "take `rollback` out and run `pulumi up`, which finishes it; then go back",
    );
    await set("baseline");
    expect(await nextOf({ to: "0" })).toBe("go back to it at most: `rollback.to: 001_a`");
  });
});
