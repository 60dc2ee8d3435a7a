import { mkdir } from "node:fs/promises";

import { describe, expect, inject, test } from "vitest";

import type { SchemaRequirement } from "../../src/contract.ts";
import { preflight } from "../../src/commands/preflight.ts";
import { waitForSchema } from "../../src/commands/wait-schema.ts";
import { applyWithAlembic, applyWithDrizzle, applyWithKnex, missing } from "./adopt-tools.ts";
import { failureOf } from "./failure.ts";
import { provision, type Provisioned } from "./provisioned.ts";
import { runRunner, withFolder } from "./runner-process.ts";
import { rowsOf, withClient } from "./test-database.ts";

const noPython = await missing("python3", ["-m", "venv", "--help"]);

const KNEX = {
  "20240101000000_things.cjs":
    "exports.up = (knex) => knex.raw('create table things (id bigserial primary key, name text)'); exports.down = () => {};",
  "20240102000000_price.cjs":
    "exports.up = (knex) => knex.raw('alter table things add column price int'); exports.down = () => {};",
};
const DRIZZLE = {
  "meta/_journal.json": JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: ["0000_things", "0001_price"].map((tag, idx) => ({
      idx,
      version: "7",
      when: 1_700_000_000_000 + idx,
      tag,
      breakpoints: true,
    })),
  }),
  "0000_things.sql": "create table things (id bigserial primary key, name text);",
  "0001_price.sql": "alter table things add column price int;",
};
const WHEN = { "0000_things": 1_700_000_000_000, "0001_price": 1_700_000_000_001 };

describe.each(inject("servers"))("another tool's history on Postgres $major", (server) => {
  const urlOf = (provisioned: Provisioned): string => {
    const { host, port, database, user, password } = provisioned.login(
      provisioned.plan.database.migrator,
    );
    return `postgres://${user}:${password ?? ""}@${host}:${port}/${database}`;
  };
  const serviceOf = (provisioned: Provisioned) =>
    provisioned.login(`${provisioned.plan.database.name}_svc_a`);
  const environment = (settings: ReturnType<Provisioned["login"]>): Record<string, string> => ({
    PGHOST: settings.host,
    PGPORT: String(settings.port),
    PGDATABASE: settings.database,
    PGUSER: settings.user,
    PGPASSWORD: settings.password ?? "",
    PGSSLMODE: "disable",
  });
  const wait = async (
    provisioned: Provisioned,
    migrations: readonly string[],
    history: SchemaRequirement["history"],
    min: readonly string[] = [],
  ) => {
    const requirement = { format: 2, database: "shop", command: "pulumi up", migrations, history };
    return await withFolder({ "schema.json": JSON.stringify(requirement) }, (folder) =>
      waitForSchema({
        targets: [{ prefix: "", file: folder.file("schema.json"), min }],
        env: environment(serviceOf(provisioned)),
        timeoutSeconds: 0.2,
        onEvent: () => undefined,
      }),
    );
  };
  const runDrizzle = (provisioned: Provisioned, files: Readonly<Record<string, string>>) =>
    withFolder({}, async (folder) => {
      await mkdir(folder.file("meta"));
      for (const [name, text] of Object.entries(files)) await folder.write(name, text);
      await applyWithDrizzle(urlOf(provisioned), folder.path);
    });
  /** SQLSTATE that a statement of the service's login ends with; `undefined`: it may. */
  const refused = (provisioned: Provisioned, text: string): Promise<unknown> =>
    withClient(serviceOf(provisioned), (client) =>
      client.query(text).then(
        () => undefined,
        (error: { code?: unknown }) => error.code,
      ),
    );
  const checkAs = (provisioned: Provisioned, tool: "knex" | "drizzle" | "alembic") =>
    preflight({
      connection: provisioned.login(provisioned.plan.database.migrator),
      expectOwner: true,
      seal: { tool },
      tries: 1,
    });

  test("Knex: the app uses what it made, the gate reads its table, and after the next run the app can't write it", async () => {
    const provisioned = await provision(server);
    const { app, readonly } = provisioned.plan.database;
    const history = { tool: "knex" } as const;
    const names = ["20240101000000_things", "20240102000000_price"];
    expect((await failureOf(wait(provisioned, names, history))).message).toBe(
      "the schema did not arrive within 0.2 s: shop: knex_migrations of knex does not exist; waiting for 20240101000000_things, 20240102000000_price",
    );
    // The first check: there is nothing to seal yet.
    expect((await checkAs(provisioned, "knex")).sealed).toEqual([]);
    await withFolder({ "20240101000000_things.cjs": KNEX["20240101000000_things.cjs"] }, (folder) =>
      applyWithKnex(urlOf(provisioned), folder.path),
    );
    expect((await failureOf(wait(provisioned, names, history))).message).toBe(
      "the schema did not arrive within 0.2 s: shop: missing; waiting for 20240102000000_price",
    );
    expect(await refused(provisioned, "insert into things (name) values ('bolt')")).toBeUndefined();
    expect(await refused(provisioned, "alter table things add column x int")).toBe("42501");
    const forge =
      "insert into knex_migrations (name, batch, migration_time) values ('20240102000000_price.cjs', 2, now())";
    expect(await refused(provisioned, `begin; ${forge}; rollback`)).toBeUndefined();

    const { sealed } = await checkAs(provisioned, "knex");
    expect(sealed.map(({ table, grantee }) => [table, grantee])).toEqual([
      ["knex_migrations", app],
      ["knex_migrations_lock", app],
    ]);
    expect(await refused(provisioned, forge)).toBe("42501");
    expect(await refused(provisioned, "update knex_migrations_lock set is_locked = 1")).toBe(
      "42501",
    );
    expect(await refused(provisioned, "select from knex_migrations")).toBeUndefined();
    expect((await checkAs(provisioned, "knex")).sealed).toEqual([]);
    expect(readonly).not.toBe("");

    // The tool itself still works, and the gate opens.
    await withFolder(KNEX, (folder) => applyWithKnex(urlOf(provisioned), folder.path));
    expect(await wait(provisioned, names, history, ["20240101000000_things"])).toEqual([
      { database: "shop", migrations: 2 },
    ]);
  });

  test("Drizzle: its table in a schema of its own is found and read by the journal's times, and sealed", async () => {
    const provisioned = await provision(server);
    const history = { tool: "drizzle", when: WHEN } as const;
    const older = DRIZZLE["meta/_journal.json"].replace(/,\{"idx":1[^}]*\}/, "");
    await runDrizzle(provisioned, { ...DRIZZLE, "meta/_journal.json": older });
    expect((await failureOf(wait(provisioned, Object.keys(WHEN), history))).message).toBe(
      "the schema did not arrive within 0.2 s: shop: missing; waiting for 0001_price",
    );
    expect(await refused(provisioned, "insert into things (name) values ('bolt')")).toBeUndefined();
    const forge =
      "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 1700000000001)";
    expect(await refused(provisioned, `begin; ${forge}; rollback`)).toBeUndefined();
    await checkAs(provisioned, "drizzle");
    expect(await refused(provisioned, forge)).toBe("42501");
    await runDrizzle(provisioned, DRIZZLE);
    expect(await wait(provisioned, Object.keys(WHEN), history)).toEqual([
      { database: "shop", migrations: 2 },
    ]);
  });

  test.skipIf(noPython !== null)(
    `Alembic: the gate counts the ancestors of the revision that the database is at${noPython === null ? "" : ` (${noPython})`}`,
    async () => {
      const provisioned = await provision(server);
      const parents = { aaa: [], bbb: ["aaa"], ccc: ["bbb"] };
      const history = { tool: "alembic", parents } as const;
      await applyWithAlembic(urlOf(provisioned), [
        { id: "aaa", sql: "create table things (id bigserial primary key, name text)" },
        { id: "bbb", sql: "alter table things add column price int" },
      ]);
      expect(await wait(provisioned, ["aaa", "bbb"], history, ["aaa"])).toEqual([
        { database: "shop", migrations: 2 },
      ]);
      expect((await failureOf(wait(provisioned, Object.keys(parents), history))).message).toBe(
        "the schema did not arrive within 0.2 s: shop: missing; waiting for ccc",
      );
      expect(
        await refused(provisioned, "insert into things (name) values ('bolt')"),
      ).toBeUndefined();
      await checkAs(provisioned, "alembic");
      const forge = "update alembic_version set version_num = 'ccc'";
      expect(await refused(provisioned, forge)).toBe("42501");
      // A revision that the folder does not know says nothing of what is in the database.
      await rowsOf(server, provisioned.plan.database.name, forge.replace("ccc", "zzz"));
      expect((await failureOf(wait(provisioned, ["aaa"], history))).message).toBe(
        "the schema did not arrive within 0.2 s: shop: public.alembic_version is at zzz, which is not among them; waiting for aaa",
      );
    },
    // Two packages from their registry, and their start.
    300_000,
  );

  test("a history that belongs to somebody else, who could forge it, is refused with the way out", async () => {
    const provisioned = await provision(server);
    const { name, owner } = provisioned.plan.database;
    await withFolder(KNEX, (folder) => applyWithKnex(urlOf(provisioned), folder.path));
    await rowsOf(server, name, "alter table knex_migrations owner to current_user");
    const error = await failureOf(checkAs(provisioned, "knex"));
    expect(error.kind).toBe("refused");
    expect(error.message).toContain(
      `knex_migrations belongs to ${server.user}, and not to ${owner}`,
    );
    expect(error.details.next).toBe(`ALTER TABLE knex_migrations OWNER TO ${owner};`);
  });

  test("as a process: the check seals, the check at the end names what the tool skipped, a wrong tool is wrong use", async () => {
    const provisioned = await provision(server);
    const env = environment(provisioned.login(provisioned.plan.database.migrator));
    await withFolder({ "20240101000000_things.cjs": KNEX["20240101000000_things.cjs"] }, (folder) =>
      applyWithKnex(urlOf(provisioned), folder.path),
    );
    const requirement: SchemaRequirement = {
      format: 2,
      database: "shop",
      command: "build the image",
      migrations: ["20240101000000_things", "20240102000000_price"],
      history: { tool: "knex" },
    };
    await withFolder({ "schema.json": JSON.stringify(requirement) }, async (folder) => {
      const end = ["wait", "--schema", folder.file("schema.json"), "--seal", "knex"];
      const late = await runRunner([...end, "--timeout", "1"], env);
      expect(late.code).toBe(1);
      expect(late.out).toContain("waiting for 20240102000000_price");
      expect(late.out).toContain("build the image");
      await folder.write(
        "schema.json",
        JSON.stringify({ ...requirement, migrations: ["20240101000000_things"] }),
      );
      expect((await runRunner([...end, "--timeout", "1"], env)).code).toBe(0);
    });
    expect(await refused(provisioned, "delete from knex_migrations")).toBe("42501");
    const check = await runRunner(["wait", "--expect-owner", "--seal", "knex"], env);
    expect(check.code).toBe(0);
    const wrong = await runRunner(["wait", "--seal", "rails"], env);
    expect(wrong.code).toBe(2);
    expect(wrong.out + wrong.err).toContain(
      "Expected TOOL or TOOL=TABLE with drizzle, knex, alembic.",
    );
  });
});
