import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

import { describe, expect, inject, test } from "vitest";

import { MAIN, runRunner, withFolder } from "./runner-process.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

/** Runs the command with a pipe that nobody reads: closed before the process prints its first line. */
function runUnread(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  closed: "stdout" | "stderr",
): Promise<{ readonly code: number | null; readonly other: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let other = "";
  child[closed].destroy();
  const open = closed === "stdout" ? child.stderr : child.stdout;
  open.setEncoding("utf8").on("data", (text: string) => (other += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, other }));
  });
}

const FILES = { "001_a.sql": "create table a (id int);\n", "002_b.sql": "select 1;\n" };

describe.each(inject("servers"))("output that nobody reads on Postgres $major", (server) => {
  test("`| head -1` shows the first line, and no stack", async () => {
    const database = await createDatabase(server);
    await withFolder(FILES, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      expect((await runRunner(["up"], env)).code).toBe(0);
      const script = '"$0" "$1" history | head -1; echo "${PIPESTATUS[0]}"';
      const { stdout, stderr } = await promisify(execFile)(
        "bash",
        ["--norc", "-c", script, process.execPath, MAIN],
        { env: { PATH: process.env["PATH"] ?? "", ...env } },
      );
      const [line = "", code] = stdout.trimEnd().split("\n");
      expect(JSON.parse(line)).toMatchObject({ event: "migration", name: "001_a" });
      expect({ code, stderr }).toEqual({ code: "0", stderr: "" });
    });
  });

  test("`up` goes on to its end, and its exit code tells how that was", async () => {
    const database = await createDatabase(server);
    await withFolder(FILES, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      expect(await runUnread(["up"], env, "stdout")).toEqual({ code: 0, other: "" });
      const names = "select name from migration_history order by 1";
      expect(await rowsOf(server, database.name, names)).toEqual([
        { name: "001_a" },
        { name: "002_b" },
      ]);
      await folder.write("003_c.sql", "selec 1;\n");
      expect(await runUnread(["up"], env, "stdout")).toEqual({ code: 1, other: "" });
    });
  });
});

test("wrong use, a JSON line as every failure, ends with 2 where nobody reads it", async () => {
  expect(await runUnread(["up", "--nonsense"], {}, "stdout")).toEqual({ code: 2, other: "" });
});
