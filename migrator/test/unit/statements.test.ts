import { describe, expect, test } from "vitest";

import { concurrentIndex, isConcurrent } from "../../src/core/apply/concurrent-statement.ts";
import { excerpt, lineOfPosition } from "../../src/core/apply/source-position.ts";

describe("CREATE INDEX CONCURRENTLY", () => {
  test.each([
    ["create index concurrently i on t (x);", { index: "i", table: "t" }],
    [
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS My_I ON ONLY s.t USING gin (x)",
      { index: "my_i", table: "s.t" },
    ],
    [
      'create /* a */ index -- b\n concurrently "My ""I" on "S"."T" (x)',
      { index: 'My "I', table: '"S"."T"' },
    ],
    ["create index concurrently on t (x)", null],
    ["create index i on t (x)", null],
    ["drop index concurrently i", null],
    ["select 'create index concurrently i on t (x)'", null],
  ])("%s", (statement, expected) => {
    expect(concurrentIndex(statement)).toEqual(expected);
  });

  test("every statement that says CONCURRENTLY waits, and none that only quotes it", () => {
    expect(isConcurrent("reindex index concurrently i")).toBe(true);
    expect(isConcurrent("refresh materialized view Concurrently m")).toBe(true);
    expect(isConcurrent("select 'concurrently' -- concurrently")).toBe(false);
    expect(isConcurrent('drop table "concurrently"')).toBe(false);
  });
});

describe("a position that Postgres reports", () => {
  const prefix = "begin;\n";
  const line = (file: string, offset: number): number =>
    lineOfPosition(prefix, file, prefix.length + offset + 1);

  test("is a line of the file", () => {
    expect(line("a\nb\nc", 0)).toBe(1);
    expect(line("a\nb\nc", 2)).toBe(2);
    expect(line("a\nb\nc", 4)).toBe(3);
  });

  test("counts a character beyond the basic plane as one", () => {
    expect(line("-- 🚀🚀🚀🚀\nx", 8)).toBe(2);
  });

  test("behind the file is its last line with text", () => {
    expect(line("a\nb\n\n", 40)).toBe(2);
  });
});

test("an excerpt is one line of at most 200 characters", () => {
  expect(excerpt("  select\n  1 ")).toBe("select 1");
  expect(excerpt("x".repeat(300))).toBe(`${"x".repeat(200)}…`);
});
