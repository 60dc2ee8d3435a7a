import { expect, test } from "vitest";
import { splitSql } from "../../../src/bundle/sql-statements.ts";

function texts(sql: string): string[] {
  const { statements, mistakes } = splitSql(sql);
  expect(mistakes).toEqual([]);
  return statements.map(({ start, end }) => sql.slice(start, end));
}

test.each<[string, string, string[]]>([
  ["two statements", "select 1; select 2;", ["select 1", "select 2"]],
  ["a last one without a semicolon", "select 1;\nselect 2\n", ["select 1", "select 2"]],
  ["empty statements", ";; select 1;;\n;", ["select 1"]],
  ["comments around", "-- a;\nselect 1 /* b; */;\n/* c */ -- d;", ["select 1"]],
  ["comments at the end of a statement", "select 1 -- a;\n;", ["select 1"]],
  [
    "a line comment ended by a carriage return",
    "select 1 --a;\r; select 2",
    ["select 1", "select 2"],
  ],
  ["single quotes", "select 'a;''b;'; select 2", ["select 'a;''b;'", "select 2"]],
  ["a backslash in plain quotes", "select 'a\\'; select 2", ["select 'a\\'", "select 2"]],
  [
    "escapes in E''",
    "select E'a\\';b', e'\\\\'; select 2",
    ["select E'a\\';b', e'\\\\'", "select 2"],
  ],
  [
    "an identifier that ends in e",
    "select date'2026;'; select 2",
    ["select date'2026;'", "select 2"],
  ],
  [
    "E'' continued on the next line",
    "select E'a'  -- c\n -- d'\n 'b\\';c'; select 2",
    ["select E'a'  -- c\n -- d'\n 'b\\';c'", "select 2"],
  ],
  [
    "E'' not continued on the same line",
    "select E'a' 'b\\'; select 2",
    ["select E'a' 'b\\'", "select 2"],
  ],
  ["quoted identifiers", 'select "a;""b;"; select 2', ['select "a;""b;"', "select 2"]],
  [
    "U& strings",
    "select U&'\\0061;' uescape '!'; select 2",
    ["select U&'\\0061;' uescape '!'", "select 2"],
  ],
  ["dollar quotes", "select $$a;'b$$; select 2", ["select $$a;'b$$", "select 2"]],
  [
    "tagged dollar quotes",
    "select $x$a;$$;$y$;$x$; select 2",
    ["select $x$a;$$;$y$;$x$", "select 2"],
  ],
  ["a tag that follows a dollar", "select $a$x$$a$; select 2", ["select $a$x$$a$", "select 2"]],
  ["a tag with other letters", "select $ü$;$ü$; select 2", ["select $ü$;$ü$", "select 2"]],
  [
    "dollars in identifiers",
    "select a$b$ from c$b$; select 2",
    ["select a$b$ from c$b$", "select 2"],
  ],
  [
    "parameters",
    "prepare p as select $1$$;$$; select 2",
    ["prepare p as select $1$$;$$", "select 2"],
  ],
  [
    "nested comments",
    "select 1 /* a /* b; */ c; */ + 1; select 2",
    ["select 1 /* a /* b; */ c; */ + 1", "select 2"],
  ],
  [
    "a comment that opens with /*/",
    "select 1 /*/ ; */ + 1; select 2",
    ["select 1 /*/ ; */ + 1", "select 2"],
  ],
  ["a comment behind an operator", "select 1+--;\n2; select 2", ["select 1+--;\n2", "select 2"]],
  ["a comment in a quote", "select '--', '/*'; select 2", ["select '--', '/*'", "select 2"]],
  [
    "rules with several actions",
    "create rule r as on insert to t do also (delete from a; delete from b); select 2",
    ["create rule r as on insert to t do also (delete from a; delete from b)", "select 2"],
  ],
  [
    "BEGIN ATOMIC",
    "create function f() returns int begin atomic select 1; select 2; end; select 3",
    ["create function f() returns int begin atomic select 1; select 2; end", "select 3"],
  ],
  [
    "BEGIN ATOMIC with CASE",
    "create or replace procedure p()\nbegin /* x */ Atomic\n select case when a then case b when 1 then 2 end end; select 2;\nEND; select 3",
    [
      "create or replace procedure p()\nbegin /* x */ Atomic\n select case when a then case b when 1 then 2 end end; select 2;\nEND",
      "select 3",
    ],
  ],
  [
    "BEGIN ATOMIC with names that are keywords",
    'create function f() returns int begin atomic select 1 as end; select 1 end; select t.case, "end" from t; end; select 3',
    [
      'create function f() returns int begin atomic select 1 as end; select 1 end; select t.case, "end" from t; end',
      "select 3",
    ],
  ],
  [
    "a function body in quotes",
    "create function f() returns int language plpgsql as $f$ begin return 1; end; $f$; select 2",
    [
      "create function f() returns int language plpgsql as $f$ begin return 1; end; $f$",
      "select 2",
    ],
  ],
  [
    "CASE outside a body",
    "select case when true then 1 end; select 2",
    ["select case when true then 1 end", "select 2"],
  ],
  [
    "a column called atomic",
    "create table t (begin int, atomic int); select 2",
    ["create table t (begin int, atomic int)", "select 2"],
  ],
  [
    "letters outside ASCII",
    "select 'é;' as größe; select '🙂'",
    ["select 'é;' as größe", "select '🙂'"],
  ],
  ["nothing", " -- only a comment\n", []],
])("splits %s", (_, sql, expected) => {
  expect(texts(sql)).toEqual(expected);
});

test("names the line of each statement's first character", () => {
  const { statements } = splitSql("-- top\n\nselect 1;\n\n/* a\n b */ select\n 2;select 3;");
  expect(statements.map(({ line }) => line)).toEqual([3, 6, 7]);
});

test.each([
  ["select 1;\nselect 'a;\n\n", 2, "this quote is never closed"],
  ["select 1;\nselect E'a\\';\n", 2, "this quote (E'…') is never closed"],
  ['\n\nselect "a', 3, "this quoted identifier is never closed"],
  ["select $a$ $b$ $A$;", 1, "this dollar quote ($a$) is never closed"],
  ["select 1;\n/* a /* b */\nselect 2", 2, "this comment (/*) is never closed"],
  [
    "create function f() returns int\nbegin atomic select 1;",
    2,
    "this BEGIN ATOMIC is never closed",
  ],
])("refuses what never ends: %j", (sql, line, message) => {
  expect(splitSql(sql).mistakes).toEqual([
    { line, message: `${message}. Close it before the end of the file` },
  ]);
});

test("refuses commands of psql and goes on behind them", () => {
  const { statements, mistakes } = splitSql(
    "\\set x 'it\nselect 1 \\gexec\nselect 2;\n  \\i a.sql\nselect 3;",
  );
  const message = (name: string): string =>
    `${name} is a command of psql, not SQL, and only psql knows it. Delete it, or write what it does in SQL`;
  expect(mistakes).toEqual([
    { line: 1, message: message("\\set") },
    { line: 2, message: message("\\gexec") },
    { line: 4, message: message("\\i") },
  ]);
  expect(statements.map(({ line }) => line)).toEqual([2, 3, 5]);
});

test("refuses COPY … FROM stdin and does not take its rows for SQL", () => {
  const sql =
    'copy public.t (a, "b") from STDIN with (format csv);\n1\tit\'s\n2\t$$\n\\.\n\nselect 2;';
  const { statements, mistakes } = splitSql(sql);
  expect(mistakes).toEqual([
    {
      line: 1,
      message:
        "COPY … FROM stdin reads its rows from psql, and the runner is not psql. Write them as INSERT … VALUES",
    },
  ]);
  expect(statements.map(({ line }) => line)).toEqual([1, 6]);
});

test("allows COPY from a file and to stdout", () => {
  expect(texts("copy t from '/a'; copy (select 1) to stdout")).toHaveLength(2);
});

test("looks at each character a bounded number of times", () => {
  // Each of these takes hours where a part of the text is read again and again.
  const length = 200_000;
  for (const sql of [
    `select E'a'${" --".repeat(length)}`,
    `select E'a'\n${"-- -- -- ;\n".repeat(length)}`,
    "$".repeat(length),
    `select ${"$a".repeat(length)}`,
    "(".repeat(length),
    "/*".repeat(length),
    "E'a'\n".repeat(length),
    "e'\\''".repeat(length),
    "'a'".repeat(length),
    ";".repeat(length),
  ]) {
    expect(splitSql(sql).statements.length + splitSql(sql).mistakes.length).toBeLessThan(2);
  }
});
