import { afterEach, expect, test, vi } from "vitest";
import { recordAll } from "../../../src/lint/parser-process.ts";
import { lint } from "../lint/lint.ts";

afterEach(() => vi.unstubAllEnvs());

const SQL = 'const { sql } = require("kysely");';

async function record(
  ...bodies: readonly string[]
): Promise<Awaited<ReturnType<typeof recordAll>>> {
  return await recordAll(bodies.map((text, i) => ({ file: `00${i + 1}.ts`, text: SQL + text })));
}

test("a recording holds the statements in order, without parameters", async () => {
  const text = `exports.up = async (db) => {
    await db.schema.createTable("t").addColumn("id", "integer").execute();
    await db.insertInto("t").values({ id: 42 }).execute();
    await sql\`update t set id = \${43}\`.execute(db);
  };`;
  expect(await record(text)).toEqual([
    {
      statements: [
        'create table "t" ("id" integer)',
        'insert into "t" ("id") values ($1)',
        "update t set id = $1",
      ],
      partial: [],
    },
  ]);
});

test("a migration sees no variable of the environment, and what it prints is not seen", async () => {
  vi.stubEnv("PGPASSWORD", "hunter2hunter2");
  const [recording] = await record(`
    const { readFileSync } = require("node:fs");
    exports.up = async (db) => {
      console.log("loud");
      await sql.raw("select '" + JSON.stringify(process.env) + "'").execute(db);
      const env = readFileSync("/proc/self/environ", "utf8").replaceAll("\\0", " ");
      await sql.raw("select '" + env + "'").execute(db);
    };`);
  expect(recording?.statements[0]).toBe("select '{}'");
  expect(JSON.stringify(recording)).not.toContain("hunter2");
});

test("a result that is read, an error, a stream, a nested transaction make it partial", async () => {
  const recordings = await record(
    "exports.up = async (db) => { for (const row of (await sql`select 1`.execute(db)).rows) await row; };",
    "exports.up = async (db) => { await sql`select 1`.execute(db); throw new Error('no rows\\nmore'); };",
    "exports.up = async (db) => { for await (const row of db.selectFrom('t').selectAll().stream()) await row; };",
    "exports.up = async (db) => { await db.transaction().execute(async () => {}); };",
    "throw new Error('at once');",
    "require('left-pad');",
    "exports.up = async (db) => { await sql`select 1`.execute(db); };",
  );
  expect(recordings.map(({ statements, partial }) => [statements.length, ...partial])).toEqual([
    [1, "it reads results of a query"],
    [1, "it throws without a database: no rows"],
    [1, "it reads results of a query"],
    [0, expect.stringMatching(/^it throws without a database: .*transaction/)],
    [0, "it throws without a database: at once"],
    [0, "it throws without a database: it imports left-pad"],
    [1],
  ]);
});

test("a loop, an exit and a rejection end their own recording, and keep what was sent before", async () => {
  const recordings = await record(
    "exports.up = async (db) => { await sql`select 1`.execute(db); for (;;); };",
    "exports.up = async (db) => { await sql`select 2`.execute(db); process.exit(0); };",
    "exports.up = async (db) => { void Promise.reject(new Error('lost')); await sql`select 3`.execute(db); };",
    "exports.up = async (db) => { await sql`select 4`.execute(db); };",
  );
  expect(recordings).toEqual([
    { statements: ["select 1"], partial: ["it was still running after 2 s"] },
    { statements: ["select 2"], partial: ["it ended the process that records it"] },
    { statements: ["select 3"], partial: [] },
    { statements: ["select 4"], partial: [] },
  ]);
});

test("findings of TypeScript name the statement, and the result says what was judged in part", async () => {
  const { findings, partly } = await lint({
    "001_a.ts": `import { sql, type Kysely } from "kysely";
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`create index concurrently t_a on t (a)\`.execute(db);
  await sql\`commit; truncate t\`.execute(db);
  const { rows } = await sql\`select 1\`.execute(db);
  if (rows.length > 0) await sql\`drop table t\`.execute(db);
}
export async function down(): Promise<void> {}
`,
  });
  expect(
    findings.map(({ rule, severity, line, statement, message }) => [
      rule,
      severity,
      line,
      statement,
      message,
    ]),
  ).toEqual([
    [
      "not-in-transaction",
      "error",
      null,
      "create index concurrently t_a on t (a)",
      "CREATE INDEX CONCURRENTLY cannot run in a transaction",
    ],
    [
      "not-in-transaction",
      "error",
      null,
      "commit; truncate t",
      "COMMIT would end the transaction that this migration runs in, and its record with it",
    ],
    [
      "truncate",
      "warning",
      null,
      "truncate t",
      "all rows of t go, and no way down brings them back",
    ],
  ]);
  expect(partly).toEqual([
    { migration: "001_a", file: "001_a.ts", reasons: ["it reads results of a query"] },
  ]);
});
