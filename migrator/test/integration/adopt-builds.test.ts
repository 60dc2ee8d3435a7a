import { join } from "node:path";

import { describe, expect, inject, test } from "vitest";

import type { TestServer } from "../../../test/integration/servers.ts";
import { adopt } from "../../src/commands/adopt.ts";
import { applyWithAlembic, applyWithGo, goProgram, missing } from "./adopt-tools.ts";
import { failureOf } from "./failure.ts";
import { withFolder } from "./runner-process.ts";
import { takeOver } from "./take-over.ts";
import { createDatabase } from "./test-database.ts";

const BUILDS = process.env["TIDEGATE_ADOPT"] === "all";
const NO_BUILDS = "its build takes a minute: TIDEGATE_ADOPT=all runs it";

const A = "create table a (id int);\n";
const B = "create table b (id int);\n";
const C = "create table c (id int);\n";

describe("adopt from tools that are built first", () => {
  /** Skips the test, with its reason, where it may not or cannot build; the server otherwise. */
  const serverFor = async (
    skip: (reason: string) => unknown,
    program: readonly [string, ...string[]],
  ): Promise<TestServer> => {
    if (!BUILDS) leaveOut(skip, NO_BUILDS);
    const [file, ...args] = program;
    const reason = await missing(file, args);
    if (reason !== null) leaveOut(skip, reason);
    const [server] = inject("servers");
    if (server === undefined) throw new Error("no test server was started");
    return server;
  };

  test(
    "goose's history is taken over, and its files stay as they are",
    { timeout: 400_000 },
    async ({ skip }) => {
      const server = await serverFor(skip, ["go", "version"]);
      const tags =
        "no_mysql no_sqlite3 no_clickhouse no_mssql no_ydb no_libsql no_vertica no_duckdb no_starrocks no_turso";
      const bin = await goProgram("github.com/pressly/goose/v3/cmd/goose@v3.26.0", tags);
      const database = await createDatabase(server);
      const file = (name: string): string =>
        `-- +goose Up\n-- +goose StatementBegin\ncreate function f_${name}() returns int language plpgsql as $$ begin return 1; end $$;\n-- +goose StatementEnd\ncreate table ${name} (id int);\n-- +goose Down\ndrop table ${name};\n`;
      await withFolder({ "00001_a.sql": file("a"), "00002_b.sql": file("b") }, async (folder) => {
        await applyWithGo(bin, "goose", [
          "-dir",
          folder.path,
          "postgres",
          `${database.url}?sslmode=disable`,
          "up",
        ]);
        await folder.write(
          "00003_c.sql",
          "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently a_id on a (id);\n-- +goose Down\ndrop index concurrently a_id;\n",
        );
        expect(
          await takeOver(database, folder.path, "goose_db_version", {
            recorded: ["00001_a applied", "00002_b applied"],
            pending: "00003_c",
          }),
        ).toBe(3);
      });
    },
  );

  test(
    "golang-migrate's history is taken over, and its files stay as they are",
    { timeout: 400_000 },
    async ({ skip }) => {
      const server = await serverFor(skip, ["go", "version"]);
      const bin = await goProgram(
        "github.com/golang-migrate/migrate/v4/cmd/migrate@v4.19.0",
        "postgres",
      );
      const database = await createDatabase(server);
      await withFolder(
        { "000001_a.up.sql": A, "000001_a.down.sql": "drop table a;", "000002_b.up.sql": B },
        async (folder) => {
          await applyWithGo(bin, "migrate", [
            "-path",
            folder.path,
            "-database",
            `${database.url}?sslmode=disable`,
            "up",
          ]);
          await folder.write("000003_c.up.sql", C);
          expect(
            await takeOver(database, folder.path, "schema_migrations", {
              recorded: ["000001_a applied", "000002_b applied"],
              pending: "000003_c",
            }),
          ).toBe(3);
        },
      );
    },
  );

  test("Alembic's history becomes a baseline", { timeout: 400_000 }, async ({ skip }) => {
    const server = await serverFor(skip, ["python3", "-m", "venv", "--help"]);
    const database = await createDatabase(server);
    const revisions = await applyWithAlembic(database.url, [
      { id: "aaaa00000001", sql: "create table a (id int)" },
      { id: "bbbb00000002", sql: "create table b (id int)" },
    ]);
    await withFolder({ "001_alembic.sql": A + B, "002_c.sql": C }, async (folder) => {
      const request = { connection: database.settings, migrations: folder.path };
      const error = await failureOf(adopt(request));
      expect(error.message).toBe(
        "public.alembic_version is at bbbb00000002, and Alembic's revisions are Python, which is not run here",
      );
      const options = { baseline: "001_alembic", revisions };
      expect((await adopt({ ...request, ...options })).found).toEqual([
        "aaaa00000001",
        "bbbb00000002",
      ]);
      const elsewhere = await failureOf(
        adopt({ ...request, ...options, revisions: join(revisions, "..") }),
      );
      expect(elsewhere.message).toContain(
        "the database is at revision bbbb00000002, and no file in ",
      );
      await takeOver(
        database,
        folder.path,
        "alembic_version",
        { recorded: ["001_alembic baseline"], pending: "002_c" },
        options,
      );
    });
  });
});

/** Skips the test and prints why: the default reporter only counts it. */
function leaveOut(skip: (reason: string) => unknown, reason: string): void {
  process.stderr.write(`skipped: ${reason}\n`);
  skip(reason);
}
