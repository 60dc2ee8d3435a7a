import { expect, test } from "vitest";
import type { LintResult } from "@tidegate/migrator/bundle";
import { loadPlatformFile } from "../load-file.ts";
import { ConfigError } from "../problem.ts";
import { parsePlatform } from "../parse.ts";
import { withFolder } from "../temporary-folder.ts";
import { changed, CONTEXT, INPUTS, problemsIn } from "../test-platform.ts";
import type { Tree } from "../tree.ts";

type Finding = LintResult["findings"][number];

const RISK: Finding = {
  rule: "truncate",
  severity: "warning",
  migration: "002_email",
  file: "002_email.sql",
  line: 3,
  message: "all rows of a go",
  statement: "truncate a",
  lock: { mode: "ACCESS EXCLUSIVE", table: "a" },
  safe: "-- delete what is meant, in batches",
};
const MISTAKE: Finding = { ...RISK, rule: "syntax", severity: "error", message: "no", lock: null };

function inputsWith(...findings: readonly Finding[]): typeof INPUTS {
  const partly = [
    { migration: "003_c", file: "003_c.ts", reasons: ["it reads results of a query"] },
  ];
  return { ...INPUTS, lints: new Map([["auth", { value: { findings, partly } }]]) };
}

function warningsIn(change: Tree, inputs: typeof INPUTS): readonly string[] {
  const layers = [{ source: "Pulumi.dev.yaml", value: changed(change) }];
  const parsed = parsePlatform(layers, { ...CONTEXT, inputs });
  return "warnings" in parsed ? parsed.warnings : [];
}

test("what is sure to fail is a problem, a risk a warning with the command that shows the way out", () => {
  expect(problemsIn(changed({}), { inputs: inputsWith(MISTAKE, RISK) })).toEqual([
    "databases.auth.migrations: 002_email.sql:3: syntax: no",
  ]);
  expect(problemsIn(changed({}), { inputs: inputsWith(RISK) })).toEqual([]);
  expect(warningsIn({}, inputsWith(RISK))).toEqual([
    `databases.auth.migrations: 1 risk in migrations; npx migrator check --migrations migrations/auth shows the safe ways
  002_email.sql:3: truncate: all rows of a go (ACCESS EXCLUSIVE on a, which blocks every read and every write)
  003_c.ts: a part of it was judged: it reads results of a query`,
  ]);
  expect(warningsIn({}, inputsWith())).toEqual([]);
});

test("a preview shows ten risks of a database and how many more there are", () => {
  const [text = ""] = warningsIn({}, inputsWith(...Array.from({ length: 12 }, () => RISK)));
  expect(text.split("\n")).toHaveLength(1 + 10 + 1 + 1);
  expect(text).toContain("auth.migrations: 12 risks");
  expect(text).toContain("\n  and 2 more\n");
});

test("a risk is a problem with lint: strict, of the database or of all by default", () => {
  const problems = [
    "databases.auth.migrations: 002_email.sql:3: truncate: all rows of a go (ACCESS EXCLUSIVE on a, which blocks every read and every write)",
  ];
  const strict = changed({ databases: { auth: { lint: "strict" } } });
  expect(problemsIn(strict, { inputs: inputsWith(RISK) })).toEqual(problems);
  const byDefault = changed({ defaults: { database: { lint: "strict" } } });
  expect(problemsIn(byDefault, { inputs: inputsWith(RISK) })).toEqual(problems);
  expect(warningsIn({ databases: { auth: { lint: "strict" } } }, inputsWith(RISK))).toEqual([]);
});

test("lintAfter names a migration that is there", () => {
  const change = (lintAfter: string): Tree => changed({ databases: { auth: { lintAfter } } });
  expect(problemsIn(change("002_email"))).toEqual([]);
  expect(problemsIn(change("002_emial"))).toEqual([
    'databases.auth.lintAfter: "002_emial" is not among the migrations of auth; did you mean "002_email"?',
  ]);
});

test("a parser that cannot be started is a problem, not a check that found nothing", () => {
  const lints = new Map([["auth", { problems: ["the migrations cannot be checked: no"] }]]);
  expect(problemsIn(changed({}), { inputs: { ...INPUTS, lints } })).toEqual([
    "databases.auth.migrations: the migrations cannot be checked: no",
  ]);
});

test.each(["dev", "prod"])(
  "the sample platform of %s has neither errors nor risks",
  async (name) => {
    const warnings: string[] = [];
    const { databases } = await loadPlatformFile(name, {
      onWarning: (message) => warnings.push(message),
    });
    expect(databases.length).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
  },
);

const FILES = {
  "Pulumi.yaml": "name: shop\nruntime: nodejs\n",
  "migrations/001_a.sql": "create table a (id int, b int);\n",
  "migrations/001_a.down.sql": "drop table a;\n",
  "migrations/002_b.sql": "alter table a drop column b;\n",
  "migrations/002_b.down.sql": "alter table a add column b int;\n",
  "migrations/003_c.sql": "create index a_id_idx on a (id);\n",
  "migrations/003_c.down.sql": "drop index a_id_idx;\n",
};

/** A platform of one database, with further lines below it. */
function stack(lines: readonly string[]): string {
  const digest = `sha256:${"a".repeat(64)}`;
  return [
    "config:",
    "  shop:context: kind",
    "  shop:registry: localhost:5000",
    `  shop:images: { migrator: "ghcr.io/acme/migrator@${digest}" }`,
    "  shop:server: { kind: docker }",
    "  shop:databases:",
    "    main:",
    "      migrations: migrations",
    ...lines.map((line) => `      ${line}`),
    "  shop:services: {}",
    "",
  ].join("\n");
}

async function load(lines: readonly string[]): Promise<{ error?: string; warnings: string[] }> {
  return await withFolder({ ...FILES, "Pulumi.dev.yaml": stack(lines) }, async (projectDir) => {
    const warnings: string[] = [];
    const options = { projectDir, build: false, env: {}, onWarning: warnings.push.bind(warnings) };
    try {
      await loadPlatformFile("dev", options);
      return { warnings };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { error: error.message, warnings };
    }
  });
}

test("a drop in an expand migration stops the load of a real folder, and names file and line", async () => {
  const { error, warnings } = await load([]);
  expect(error).toBe(`the configuration of stack dev has 1 problem; nothing was changed:
  databases.main.migrations (Pulumi.dev.yaml): 002_b.sql:1: drop-in-expand: running code still uses the column b of a; a prepared "select *" is enough (ACCESS EXCLUSIVE on a, which blocks every read and every write)`);
  expect(warnings).toEqual([]);
});

test("what lies before lintAfter is not judged, and a risk behind it is shown", async () => {
  const { error, warnings } = await load(["lintAfter: 002_b"]);
  expect(error).toBeUndefined();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(
    "\n  003_c.sql:1: index-without-concurrently: no row of a can be written",
  );
  expect(await load(["lintAfter: 003_c"])).toEqual({ warnings: [] });
});
