import { expect, test } from "vitest";
import { lint } from "./lint.ts";

const code = (statement: string): string =>
  `import { sql } from "kysely";
export async function up(db) { await sql\`${statement}\`.execute(db); }
export async function down() {}
`;

test("COPY … FROM stdin that a TypeScript migration sends is an error: nobody sends it rows", async () => {
  const { findings } = await lint({ "001_a.ts": code("copy a (id) from stdin") });
  expect(findings).toEqual([
    {
      rule: "syntax",
      severity: "error",
      migration: "001_a",
      file: "001_a.ts",
      line: null,
      message: "COPY … FROM stdin reads its rows from psql, and the runner is not psql",
      statement: "copy a (id) from stdin",
      lock: null,
      safe: "insert into … values (…), (…);",
    },
  ]);
});

test.each(["copy a to stdout", "copy a from '/data/a.csv'", "select 'copy a from stdin'"])(
  "%s of a TypeScript migration is none",
  async (statement) => {
    expect((await lint({ "001_a.ts": code(statement) })).findings).toEqual([]);
  },
);
