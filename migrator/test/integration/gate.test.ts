import { describe, expect, inject, test } from "vitest";

import type { BundledMigration } from "../../src/bundle/types.ts";
import type { SchemaRequirement } from "../../src/contract.ts";
import { waitForSchema } from "../../src/commands/wait-schema.ts";
import { migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { provision, type Provisioned } from "./provisioned.ts";
import { recordsOf, runRunner, withFolder } from "./runner-process.ts";
import { rowsOf } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);");
const B = sql("002_b", "create table b (id int);");
const C = sql("003_c", "create table c (id int);");

describe.each(inject("servers"))("the gate on Postgres $major", (server) => {
  const requirement = (migrations: readonly string[]): string =>
    JSON.stringify({
      format: 1,
      database: "shop",
      command: "pulumi up --target it",
      migrations,
    } satisfies SchemaRequirement);
  const variables = (provisioned: Provisioned, prefix: string): Record<string, string> => {
    const { host, port, database, user, password } = provisioned.login(
      `${provisioned.plan.database.name}_svc_a`,
    );
    return {
      [`${prefix}DB_HOST`]: host,
      [`${prefix}DB_PORT`]: String(port),
      [`${prefix}DB_NAME`]: database,
      [`${prefix}DB_USER`]: user,
      [`${prefix}DB_PASSWORD`]: password ?? "",
    };
  };
  const up = (
    provisioned: Provisioned,
    ...migrations: readonly BundledMigration[]
  ): Promise<unknown> =>
    migrate({
      connection: provisioned.login(provisioned.plan.database.migrator),
      migrations: bundleOf(...migrations),
      outOfOrder: true,
    });

  test("a pod is held until the migrations are there, and says what it waits for and what helps", async () => {
    const provisioned = await provision(server);
    await up(provisioned, A);
    await withFolder({ "schema.json": requirement(["001_a", "002_b"]) }, async (folder) => {
      const events: MigratorEvent[] = [];
      const arrived = waitForSchema({
        targets: [{ prefix: "SHOP", file: folder.file("schema.json"), min: ["001_a"] }],
        env: variables(provisioned, "SHOP_"),
        timeoutSeconds: 50,
        pollMilliseconds: 50,
        onEvent: (event) => {
          events.push(event);
          if (event.event === "waiting") void up(provisioned, A, B);
        },
      });
      expect(await arrived).toEqual([{ database: "shop", migrations: 2 }]);
      expect(events).toEqual([
        {
          event: "waiting",
          message: expect.stringMatching(
            /^waiting since \d{4}-\S+Z: shop: missing; waiting for 002_b$/,
          ),
          next: "pulumi up --target it",
        },
      ]);
    });
  });

  test("a newer version does not stand in for one that was merged late", async () => {
    const provisioned = await provision(server);
    await up(provisioned, A, C);
    await withFolder(
      { "schema.json": requirement(["001_a", "002_b", "003_c"]) },
      async (folder) => {
        const error = await failureOf(
          waitForSchema({
            targets: [{ prefix: "", file: folder.file("schema.json"), min: [] }],
            env: variables(provisioned, ""),
            timeoutSeconds: 0.2,
            onEvent: () => undefined,
          }),
        );
        expect(error.kind).toBe("gate");
        expect(error.message).toBe(
          "the schema did not arrive within 0.2 s: shop: missing; waiting for 002_b",
        );
        expect(error.details.next).toBe("pulumi up --target it");
      },
    );
  });

  test("a name counts by its alias, and as covered by a baseline; a failed or running one does not", async () => {
    const provisioned = await provision(server);
    await up(provisioned, A, B, C, sql("004_d", "select 1;"));
    await rowsOf(
      server,
      provisioned.plan.database.name,
      `delete from migration_history where name = '001_a';
       update migration_history set outcome = 'baseline' where name = '002_b';
       update migration_history set aliases = '{003_renamed}' where name = '003_c';
       update migration_history set outcome = 'running' where name = '004_d'`,
    );
    const wait = (names: readonly string[]) =>
      waitForSchema({
        targets: [{ prefix: "", min: names }],
        env: variables(provisioned, ""),
        timeoutSeconds: 0.2,
        onEvent: () => undefined,
      });
    expect(await wait(["001_a", "002_b", "003_renamed"])).toEqual([
      { database: provisioned.plan.database.name, migrations: 3 },
    ]);
    expect((await failureOf(wait(["003_c", "004_d"]))).message).toContain("waiting for 004_d");
  });

  test("the file is read anew, and one that cannot be read is waited for", async () => {
    const provisioned = await provision(server);
    await up(provisioned, A);
    await withFolder({ "schema.json": "{" }, async (folder) => {
      const reasons: string[] = [];
      await waitForSchema({
        targets: [{ prefix: "", file: folder.file("schema.json"), min: [] }],
        env: variables(provisioned, ""),
        timeoutSeconds: 50,
        pollMilliseconds: 50,
        onEvent: (event) => {
          if (event.event !== "waiting") return;
          reasons.push(event.message);
          void folder.write("schema.json", requirement(["001_a"]));
        },
      });
      expect(reasons[0]).toContain("schema.json cannot be read:");
    });
  });

  test("a login that may not read the history is told the GRANT", async () => {
    const provisioned = await provision(server);
    const { name, app } = provisioned.plan.database;
    await up(provisioned, A);
    await rowsOf(server, name, `revoke select on migration_history from ${app}`);
    const error = await failureOf(
      waitForSchema({
        targets: [{ prefix: "", min: ["001_a"] }],
        env: variables(provisioned, ""),
        timeoutSeconds: 0.1,
        onEvent: () => undefined,
      }),
    );
    expect(error.message).toContain("permission denied for table migration_history");
    expect(error.details.next).toBe(`GRANT SELECT ON public.migration_history TO "${name}_svc_a"`);
    await rowsOf(server, name, error.details.next ?? "");
    expect(
      await waitForSchema({
        targets: [{ prefix: "", min: ["001_a"] }],
        env: variables(provisioned, ""),
        timeoutSeconds: 5,
        onEvent: () => undefined,
      }),
    ).toEqual([{ database: name, migrations: 1 }]);
  });

  test("as a process: several databases, each behind its prefix, and 1 after the timeout", async () => {
    const [one, two] = await Promise.all([provision(server), provision(server)]);
    await Promise.all([up(one, A), up(two, A)]);
    const env = { ...variables(one, "ONE_"), ...variables(two, "TWO_") };
    await withFolder({ "schema.json": requirement(["001_a"]) }, async (folder) => {
      const file = folder.file("schema.json");
      const args = ["wait", "--schema", `ONE=${file}`, "--min", "TWO=001_a"];
      const well = await runRunner(args, env);
      expect(well.code).toBe(0);
      expect(recordsOf(well.out)).toMatchObject([
        { event: "schema", database: "shop", migrations: 1 },
        { event: "schema", database: two.plan.database.name, migrations: 1 },
      ]);
      const late = await runRunner([...args, "--min", "TWO=009_z", "--timeout", "1"], env);
      expect(late.code).toBe(1);
      const label = two.plan.database.name.replaceAll("_", "-");
      expect(recordsOf(late.out).at(-1)).toMatchObject({
        event: "error",
        kind: "gate",
        next: `pulumi up --replace '**-${label}-migration-job'`,
      });
    });
  });
});
