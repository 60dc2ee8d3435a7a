import { describe, expect, inject, test } from "vitest";

import { runCli } from "../../src/cli/run-cli.ts";
import { recordsOf, runRunner, withFolder } from "./runner-process.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

const FILES = {
  "001_a.sql": "create table a (id int, note text);\n",
  "002_drop.contract.sql": "alter table a drop column note;\n",
  "003_i.sql":
    "-- tidegate:no-transaction\ncreate index concurrently a_id on a (id);\nselect 1 / 0;\n",
  "004_c.sql": "create table c (id int);\n",
};
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

describe.each(inject("servers"))("status on Postgres $major", (server) => {
  /** What the command shows to people, moments and the database's name replaced. */
  const shown = async (
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<readonly string[]> => {
    const printed: string[] = [];
    const streams = {
      out: (text: string) => printed.push(text),
      err: (text: string) => printed.push(text),
    };
    await runCli({ argv: [...args], env, streams, terminal: true });
    return printed
      .join("")
      .trimEnd()
      .split("\n")
      .map((line) => line.replaceAll(TIME, "TIME").replace(name, "DB"));
  };

  test("shows what is applied, withdrawn, half done and failed, and what is pending", async () => {
    const database = await createDatabase(server);
    await withFolder(FILES, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      expect((await runRunner(["up", "--to", "001_a"], env)).code).toBe(0);
      expect((await runRunner(["withdraw", "002_drop"], env)).code).toBe(0);
      expect((await runRunner(["up"], env)).code).toBe(1);

      const lines = await shown(database.name, ["status"], env);
      expect(lines.slice(1)).toEqual([
        "applied 001_a: expand, TIME, batch 1",
        "withdrawn 002_drop: contract, TIME, batch 2",
        "half done 003_i: 1 of 2 statements, failed, expand, TIME, batch 3",
        "pending 003_i, failed TIME: 003_i.sql:3: division by zero (SQLSTATE 22012)",
        "pending 004_c",
      ]);
      expect(lines[0]).toMatch(/^DB: at 001_a, Postgres [\d.]+.*, as /);
      expect((await shown(database.name, ["status", "--phase", "contract"], env)).slice(1)).toEqual(
        ["withdrawn 002_drop: contract, TIME, batch 2", "nothing pending"],
      );

      const [record] = recordsOf((await runRunner(["status"], env)).out);
      expect(record).toMatchObject({
        event: "status",
        version: "001_a",
        recorded: [
          { name: "001_a", phase: "expand", outcome: "applied", batch: 1 },
          { name: "002_drop", phase: "contract", outcome: "withdrawn", batch: 2 },
          {
            name: "003_i",
            phase: "expand",
            outcome: "failed",
            batch: 3,
            statements: { done: 1, of: 2 },
          },
        ],
        failures: [
          { name: "003_i", detail: expect.stringContaining("division by zero (SQLSTATE 22012)") },
        ],
        pending: ["003_i", "004_c"],
        ahead: [],
      });
    });
  });

  test("a failure is shown until its migration is applied, and a migration whose run was killed as cut short", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_a.sql": "select 1 / 0;\n" }, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      expect((await runRunner(["up"], env)).code).toBe(1);
      expect((await shown(database.name, ["status"], env)).slice(1)).toEqual([
        "pending 001_a, failed TIME: 001_a.sql:1: division by zero (SQLSTATE 22012)",
      ]);
      await folder.write("001_a.sql", "select 1;\n");
      expect((await runRunner(["up"], env)).code).toBe(0);
      expect((await shown(database.name, ["status"], env)).slice(1)).toEqual([
        "applied 001_a: expand, TIME, batch 1",
        "nothing pending",
      ]);
      await rowsOf(
        server,
        database.name,
        "update migration_history set outcome = 'running', statements_done = 0, statement_checksums = '{}'",
      );
      await folder.write("001_a.sql", "-- tidegate:no-transaction\nselect 1;\n");
      expect((await shown(database.name, ["status"], env)).slice(1)).toEqual([
        "half done 001_a: 0 of 1 statements, running or cut short, expand, TIME, batch 1",
        "pending 001_a",
      ]);
    });
  });

  test("history ends with a record of its own, also where nothing was done yet", async () => {
    const database = await createDatabase(server);
    const { code, out } = await runRunner(["history"], { DATABASE_URL: database.url });
    expect({ code, records: recordsOf(out) }).toMatchObject({
      code: 0,
      records: [{ event: "done", command: "history", count: 0 }],
    });
  });
});
