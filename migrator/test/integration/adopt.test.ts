import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

import { describe, expect, inject, test } from "vitest";

import { adopt } from "../../src/commands/adopt.ts";
import { migrate } from "../../src/index.ts";
import {
  applyWithDbmate,
  applyWithDrizzle,
  applyWithKnex,
  applyWithKysely,
} from "./adopt-tools.ts";
import { failureOf } from "./failure.ts";
import { runRunner, withFolder } from "./runner-process.ts";
import { takeOver } from "./take-over.ts";
import { createDatabase, rowsOf, withClient } from "./test-database.ts";

const CODE_A =
  "export async function up(db) { await db.schema.createTable('a').addColumn('id', 'integer').execute(); }";
const CODE_B = CODE_A.replace("'a'", "'b'");
const A = "create table a (id int);\n";
const B = "create table b (id int);\n";
const C = "create table c (id int);\n";
const TWO = ["001_a applied", "002_b applied"];

describe.each(inject("servers"))("adopt on Postgres $major", (server) => {
  test("Kysely's history is taken over and up applies the one new file", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_a.mjs": CODE_A, "002_b.mjs": CODE_B }, async (folder) => {
      await applyWithKysely(database.url, folder.path, ["001_a.mjs", "002_b.mjs"]);
      await folder.write("003_c.sql", C);
      expect(
        await takeOver(database, folder.path, "kysely_migration", {
          recorded: TWO,
          pending: "003_c",
        }),
      ).toBe(3);
    });
  });

  test("Knex's history is taken over by files of the same names in SQL", async () => {
    const database = await createDatabase(server);
    const knexFile = (sql: string): string =>
      `exports.up = (knex) => knex.raw(${JSON.stringify(sql)}); exports.down = async () => {};`;
    await withFolder({ "001_a.cjs": knexFile(A), "002_b.cjs": knexFile(B) }, (old) =>
      applyWithKnex(database.url, old.path),
    );
    await withFolder({ "001_a.sql": A, "002_b.sql": B, "003_c.sql": C }, (folder) =>
      takeOver(database, folder.path, "knex_migrations", { recorded: TWO, pending: "003_c" }),
    );
    expect(
      await rowsOf(server, database.name, "select batch from migration_history order by name"),
    ).toEqual([{ batch: 1 }, { batch: 1 }, { batch: 2 }]);
  });

  test("Drizzle's history is taken over by its journal", async () => {
    const database = await createDatabase(server);
    await withClient(
      { ...database.settings, user: server.user, password: server.password },
      (client) => client.query(`grant create on database ${database.name} to public`),
    );
    const entry = (idx: number, tag: string): object => ({
      idx,
      version: "7",
      when: 1_700_000_000_000 + idx,
      tag,
      breakpoints: true,
    });
    const journal = (...tags: readonly string[]): string =>
      JSON.stringify({
        version: "7",
        dialect: "postgresql",
        entries: tags.map((tag, i) => entry(i, tag)),
      });
    const first = "create table a (id int)\n--> statement-breakpoint\ncreate index on a (id);";
    await withFolder({}, async (folder) => {
      await mkdir(dirname(folder.file("meta/x")), { recursive: true });
      await folder.write("0000_a.sql", first);
      await folder.write("0001_b.sql", B);
      await folder.write("meta/_journal.json", journal("0000_a", "0001_b"));
      await applyWithDrizzle(database.url, folder.path);
      await folder.write("0002_c.sql", `${C}--> statement-breakpoint\n${C.replace("c ", "d ")}`);
      await folder.write("meta/_journal.json", journal("0000_a", "0001_b", "0002_c"));
      const recorded = ["0000_a applied", "0001_b applied"];
      const expected = { recorded, pending: "0002_c" };
      await takeOver(database, folder.path, "drizzle.__drizzle_migrations", expected);
      const fresh = await createDatabase(server);
      const { applied } = await migrate({ connection: fresh.settings, migrations: folder.path });
      expect(applied).toHaveLength(3);
    });
  });

  test("dbmate's history is taken over, and its files stay as they are", async () => {
    const database = await createDatabase(server);
    const file = (name: string): string =>
      `-- migrate:up\ncreate table ${name} (id int);\n\n-- migrate:down\ndrop table ${name};\n`;
    const names = { "20240101000000_a.sql": file("a"), "20240102000000_b.sql": file("b") };
    await withFolder(names, async (folder) => {
      await applyWithDbmate(database.url, folder.path);
      await folder.write(
        "20240103000000_c.sql",
        "-- migrate:up transaction:false\ncreate index concurrently a_id on a (id);\n-- migrate:down\n",
      );
      await takeOver(database, folder.path, "schema_migrations", {
        recorded: ["20240101000000_a applied", "20240102000000_b applied"],
        pending: "20240103000000_c",
      });
    });
    expect(
      await rowsOf(
        server,
        database.name,
        "select down_text, down_digest from migration_history where name like '%_a'",
      ),
    ).toEqual([
      {
        down_text: "\n\n\n\ndrop table a;\n",
        down_digest: createHash("sha256").update("\n\n\n\ndrop table a;\n").digest("hex"),
      },
    ]);
  });

  test("a dirty golang-migrate is refused, a clean one taken over up to its version", async () => {
    const database = await createDatabase(server);
    await rowsOf(
      server,
      database.name,
      "create table schema_migrations (version bigint primary key, dirty boolean not null)",
    );
    await rowsOf(server, database.name, "insert into schema_migrations values (2, true)");
    await rowsOf(server, database.name, "grant select on schema_migrations to public");
    await withFolder(
      { "1_a.up.sql": A, "1_a.down.sql": "drop table a", "2_b.up.sql": B, "3_c.up.sql": C },
      async (folder) => {
        const request = { connection: database.settings, migrations: folder.path };
        expect((await failureOf(adopt(request))).message).toBe(
          "public.schema_migrations of golang-migrate: version 2 is dirty: its migration began and did not end. Look what of it is in the database, finish it or take it back by hand, then run migrate force VERSION with the version that the database is at",
        );
        await rowsOf(server, database.name, "update schema_migrations set dirty = false");
        await takeOver(database, folder.path, "schema_migrations", {
          recorded: ["1_a applied", "2_b applied"],
          pending: "3_c",
          unverified: true,
        });
      },
    );
  });

  test("Flyway's history is taken over by version, and a failed row is refused", async () => {
    const database = await createDatabase(server);
    await rowsOf(
      server,
      database.name,
      `create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200) not null,
         type varchar(20) not null, script varchar(1000) not null, checksum int, installed_by varchar(100) not null,
         installed_on timestamp not null default now(), execution_time int not null, success boolean not null)`,
    );
    await rowsOf(
      server,
      database.name,
      `insert into flyway_schema_history values (1, '1', 'a', 'SQL', 'V1__a.sql', 1, 'me', '2024-01-01', 1, true), (2, '002', 'b', 'SQL', 'V002__b.sql', 1, 'me', '2024-01-02', 1, false)`,
    );
    await rowsOf(server, database.name, "grant select on flyway_schema_history to public");
    await withFolder({ "001_a.sql": A, "002_b.sql": B, "003_c.sql": C }, async (folder) => {
      const request = { connection: database.settings, migrations: folder.path };
      expect((await failureOf(adopt(request))).message).toContain(
        "V002__b.sql failed. Repair what it left",
      );
      await rowsOf(server, database.name, "update flyway_schema_history set success = true");
      await takeOver(database, folder.path, "flyway_schema_history", {
        recorded: TWO,
        pending: "003_c",
        unverified: true,
      });
    });
  });

  test("a name without a file is refused, and a baseline stands for it", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_a.mjs": CODE_A, "002_b.mjs": CODE_B }, (old) =>
      applyWithKysely(database.url, old.path, ["001_a.mjs", "002_b.mjs"]),
    );
    await withFolder({ "002_b.sql": B, "003_c.sql": C }, async (folder) => {
      const request = { connection: database.settings, migrations: folder.path };
      const error = await failureOf(adopt(request));
      expect(error.message).toBe("kysely has applied what is not in this folder: 001_a");
      expect(error.details.next).toBe(
        "put these files back, or say that everything up to a version is in the database: --baseline VERSION",
      );
      const recorded = ["001_a baseline", "002_b applied"];
      const expected = { recorded, pending: "003_c", unverified: true } as const;
      await takeOver(database, folder.path, "kysely_migration", expected, { baseline: "001_a" });
    });
  });

  test("where there is no history, or more than one, adopt says so", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_a.sql": A, "002_b.sql": B }, async (folder) => {
      const request = { connection: database.settings, migrations: folder.path };
      expect((await failureOf(adopt(request))).message).toContain(
        "no history of another tool is here: looked for kysely_migration, ",
      );
      await rowsOf(
        server,
        database.name,
        "create table schema_migrations (version varchar primary key)",
      );
      await rowsOf(server, database.name, "create table alembic_version (version_num varchar(32))");
      await rowsOf(server, database.name, "insert into schema_migrations values ('001')");
      expect((await failureOf(adopt(request))).message).toBe(
        "there is more than one history: alembic (public.alembic_version), dbmate (public.schema_migrations)",
      );
      expect((await failureOf(adopt({ ...request, tool: "dbmate" }))).message).toContain(
        "public.schema_migrations may not be read",
      );
      await rowsOf(server, database.name, "grant select on schema_migrations to public");
      expect(await adopt({ ...request, tool: "dbmate" })).toMatchObject({
        found: ["001"],
        recorded: [{ name: "001_a", outcome: "applied" }],
        pending: ["002_b"],
      });
    });
  });

  test("the command shows first and records with --yes", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_a.mjs": CODE_A }, async (folder) => {
      await applyWithKysely(database.url, folder.path, ["001_a.mjs"]);
      await folder.write("002_b.sql", B);
      const env = { DATABASE_URL: `${database.url}?sslmode=disable` };
      const args = ["adopt", "--migrations", folder.path];
      const shown = await runRunner(args, env);
      expect({ code: shown.code, err: shown.err }).toEqual({ code: 0, err: "" });
      expect(shown.out).toContain('"written":false');
      const written = await runRunner([...args, "--yes"], env);
      expect(written.code).toBe(0);
      expect(written.out).toContain('"recorded":[{"name":"001_a","outcome":"applied"}]');
    });
  });
});
