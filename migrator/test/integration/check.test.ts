import { readFile } from "node:fs/promises";

import { describe, expect, inject, test } from "vitest";

import { runCli } from "../../src/cli/run-cli.ts";
import { migrate } from "../../src/index.ts";
import { withFolder } from "../unit/bundle/folder.ts";
import { startRunner } from "./runner-process.ts";
import { createDatabase } from "./test-database.ts";

async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  terminal = true,
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const streams = { out: (text: string) => (out += text), err: (text: string) => (err += text) };
  const code = await runCli({ argv, env, terminal, streams });
  return { code, out, err };
}

const GOOD = { "001_a.sql": "create table a (id int);", "001_a.down.sql": "drop table a;" };
const RISK = {
  ...GOOD,
  "002_b.sql": "create index a_id on a (id);",
  "002_b.down.sql": "drop index a_id;",
};
const MISTAKE = {
  ...GOOD,
  "002_b.sql": "alter table a rename to b;",
  "002_b.down.sql": "select 1;",
};

test.each(["check", "plan"])("%s --help shows examples", async (name) => {
  const { code, out } = await run([name, "--help"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^Examples:\n {2}(?:PG\S+ )*migrator /m);
  expect(out).toContain("--json");
});

test("a folder without findings ends with 0", async () => {
  await withFolder(GOOD, async (dir) => {
    expect(await run(["check", "--migrations", dir])).toEqual({
      code: 0,
      out: `${dir}: 1 migration, 0 errors, 0 warnings\n`,
      err: "",
    });
  });
});

test("a risk is a warning with its lock and the safe way, and an error with --strict", async () => {
  await withFolder(RISK, async (dir) => {
    expect(await run(["check", "--migrations", dir])).toEqual({
      code: 0,
      out: `warning 002_b.sql:1: index-without-concurrently: no row of a can be written while the index is built
  statement: create index a_id on a (id)
  lock: SHARE on a, which blocks every write; reads go on
  safe:
    -- tidegate:no-transaction, in a file of its own
    create index concurrently a_id on a (id);
${dir}: 2 migrations, 0 errors, 1 warning
`,
      err: "",
    });
    const strict = await run(["check", "--migrations", dir, "--strict"]);
    expect(strict.code).toBe(1);
    expect(strict.out).toContain(`${dir}: 2 migrations, 1 error, 0 warnings\n`);
    expect(strict.err).toContain(`error: ${dir}: 1 error found\nnext: correct them`);
    const after = await run(["check", "--migrations", dir, "--strict", "--lint-after", "002_b"]);
    expect(after.code).toBe(0);
  });
});

test("an error ends with 1, and --json says all that is known", async () => {
  await withFolder(MISTAKE, async (dir) => {
    const { code, out } = await run(["check", "--migrations", dir, "--json"]);
    expect(code).toBe(1);
    const records = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ event }) => event)).toEqual(["finding", "done", "error"]);
    expect(records[0]).toMatchObject({
      rule: "rename-in-expand",
      severity: "error",
      file: "002_b.sql",
      line: 1,
      lock: { mode: "ACCESS EXCLUSIVE", table: "a" },
    });
    expect(records[1]).toMatchObject({ migrations: 2, errors: 1, warnings: 0 });
  });
});

test("a version that is not there is wrong use of --lint-after, and the nearest are named", async () => {
  await withFolder(RISK, async (dir) => {
    const strict = ["check", "--migrations", dir, "--strict", "--lint-after"];
    expect(await run([...strict, "002_d"])).toEqual({
      code: 2,
      out: "",
      err: "error: the folder holds no migration 002_d\nnext: give the name of its file without the suffix, or its number; nearest: 002_b\n",
    });
    expect((await run([...strict, "020_b"])).err).toContain("nearest: 002_b\n");
    expect((await run([...strict, "0"])).err).toContain("nearest: 001_a\n");
    expect((await run([...strict, "001_b.sql"])).err).toContain("nearest: 002_b, 001_a\n");
    expect((await run([...strict, "2"])).code).toBe(0);
    expect((await run([...strict, "1"])).code).toBe(1);
  });
});

test("a folder that is not there, or holds nothing, is wrong use of check as of up", async () => {
  await withFolder({ "README.md": "" }, async (dir) => {
    for (const folder of [dir, `${dir}/none`]) {
      const { code, err } = await run(["check", "--migrations", folder]);
      expect(code).toBe(2);
      expect(err).toBe(
        `error: ${folder}: 1 error found\nnext: put a migration there, or name the folder that holds them: --migrations DIR\n`,
      );
      const env = { DATABASE_URL: "postgres://a@localhost/b" };
      expect((await run(["up", "--migrations", folder], env)).code).toBe(2);
    }
  });
});

test("every mistake of a folder is listed, with 2 as of up", async () => {
  await withFolder({ "001_a.sql": "select 1;", "001_b.sql": "vacuum;" }, async (dir) => {
    const { code, out, err } = await run(["check", "--migrations", dir]);
    expect(code).toBe(2);
    expect(err).toBe(
      `error: ${dir}: 2 errors found\nnext: correct these files and check again; their statements were not judged yet\n`,
    );
    const env = { DATABASE_URL: "postgres://a@localhost/b" };
    expect((await run(["up", "--migrations", dir], env)).code).toBe(2);
    expect(out).toMatch(/^error 001_b\.sql: 001_a\.sql has the number 1 too/m);
    expect(out).toMatch(/^error 001_b\.sql:1: VACUUM cannot run in a transaction/m);
    expect(out).toContain(
      "2 errors, 0 warnings; correct these first, the statements were not judged",
    );
  });
});

describe.each(inject("servers"))("with Postgres $major", (server) => {
  test("--with-database tells what is pending, and what up would refuse", async () => {
    const database = await createDatabase(server);
    const env = { DATABASE_URL: `${database.url}?sslmode=disable` };
    await withFolder(GOOD, async (dir) => {
      await migrate({ connection: database.settings, migrations: dir });
    });
    await withFolder(RISK, async (dir) => {
      const { code, out } = await run(["check", "--migrations", dir, "--with-database"], env);
      expect(code).toBe(0);
      expect(out).toContain(`${database.name}: at 001_a, 1 pending\n`);
    });
    const edited = { ...GOOD, "001_a.sql": "create table a (id bigint);" };
    await withFolder(edited, async (dir) => {
      const { code, out, err } = await run(["check", "--migrations", dir, "--with-database"], env);
      expect(code).toBe(1);
      expect(out).toMatch(/^error 001_a\.sql was changed after it was applied/m);
      expect(err).toMatch(/\nnext: \S/);
      expect(err).not.toContain("allow RULE");
      expect((await run(["check", "--migrations", dir], env)).code).toBe(0);
    });
  });
});

test("the bundled command checks TypeScript too, and its own process stays small", async () => {
  const code =
    'import { sql } from "kysely";\nexport async function up(db) { await sql`truncate t`.execute(db); }\nexport async function down() {}\n';
  await withFolder({ "001_a.ts": code }, async (dir) => {
    const { code: exit, out } = await startRunner(["check", "--migrations", dir], {}).ended;
    expect(exit).toBe(0);
    expect(out).toContain('"rule":"truncate"');
  });
});

test("the bundle of the runner holds no parser", async () => {
  const read = async (name: string): Promise<string> =>
    await readFile(new URL(`../../dist/${name}`, import.meta.url), "utf8");
  const [first, rest] = await Promise.all([read("job.cjs"), read("commands.cjs")]);
  expect(first.includes("libpg_query")).toBe(false);
  expect(rest.includes("libpg_query")).toBe(false);
  // What starts the parser's process is no part of what up and wait read.
  expect(first.includes("--liftoff-only")).toBe(false);
  expect(rest.includes("--liftoff-only")).toBe(true);
});
