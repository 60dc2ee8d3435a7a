import type { Node, RawStmt } from "libpg-query";
import { refusal } from "../bundle/sql-rules.ts";
import { splitSql } from "../bundle/sql-statements.ts";
import type { BundledMigration } from "../bundle/types.ts";
import { type Allowances, newlines, sqlAllowances } from "./allowances.ts";
import { readBlock } from "./do-blocks.ts";
import type { Draft, Finding } from "./finding.ts";
import { judge, placed, type PlacedFinding, type PlacedStep } from "./judge.ts";
import type { Parsed, ParsedRecording } from "./parser-process.ts";
import type { FolderProgress } from "./progress.ts";

/** A statement of a file. */
interface SourceStatement {
  readonly text: string;
  readonly line: number;
}

/** A migration and what is parsed of it. */
export interface MigrationSource {
  readonly migration: BundledMigration;
  /** Of SQL; of TypeScript the recording has them. */
  readonly statements: readonly SourceStatement[];
  /** Of a way down in SQL. */
  readonly downStatements: readonly SourceStatement[];
  /** Of TypeScript; `null` for SQL. */
  readonly codeAllowances: Allowances | null;
  /** How it gets a way down where it has none. */
  readonly downAdvice: string;
}

/** What the parser said of a {@link MigrationSource}. */
export interface ParsedMigration {
  readonly up: readonly Parsed[];
  readonly down: readonly Parsed[];
  readonly recording: ParsedRecording | null;
}

/**
 * All findings of one migration.
 *
 * @param noDown why it is a finding that it has no way down; `null`: it is none
 */
export function lintMigration(
  source: MigrationSource,
  folder: FolderProgress,
  noDown: string | null,
  { up, down, recording }: ParsedMigration,
): { findings: Finding[]; partly: readonly string[] } {
  const { migration } = source;
  const statements =
    recording?.statements.map((text) => ({ text, line: null })) ?? source.statements;
  const trees = recording?.trees ?? up;
  const found: PlacedFinding[] = [];
  const steps: PlacedStep[] = [];
  for (const [statement, { text, line }] of statements.entries()) {
    const tree = trees[statement];
    if (tree === undefined) continue;
    const at = { statement, line, text };
    if ("error" in tree) {
      found.push(unparsed(migration, tree, at));
      continue;
    }
    if (recording !== null) found.push(...ending(migration, at));
    for (const [i, part] of split(text, tree.stmts).entries()) {
      if (part.tree === undefined) continue;
      steps.push({ tree: part.tree, text: part.text, statement, line });
      const block = tree.blocks?.[i] ?? null;
      if (block === null) continue;
      const inside = readBlock(migration, block, { statement, line, text: part.text });
      steps.push(...inside.steps);
      found.push(...inside.found);
    }
  }
  found.push(...judge(migration, steps, folder));
  if (noDown !== null) {
    const line = source.statements[0]?.line ?? null;
    const draft: Draft = { rule: "missing-down", message: noDown, safe: source.downAdvice };
    found.push(placed(migration, { statement: 0, line, text: "" }, draft));
  }
  const allowances = source.codeAllowances ?? sqlAllowances(migration.up, migration.statements);
  const left = allowed(migration, found, allowances, source.codeAllowances !== null);
  const downs = source.downStatements.flatMap(({ text, line }, i) => {
    const tree = down[i];
    if (tree === undefined || !("error" in tree)) return [];
    const at = { statement: -1, line, text };
    return [{ ...unparsed(migration, tree, at), file: migration.down?.file ?? migration.file }];
  });
  const findings = [...left, ...downs].toSorted(
    (a, b) => a.place - b.place || (a.line ?? 0) - (b.line ?? 0),
  );
  return {
    findings: findings.map(withoutPlace),
    partly: recording?.partial ?? [],
  };
}

function withoutPlace(placedFinding: PlacedFinding): Finding {
  const { rule, severity, migration, file, line, message, statement, lock, safe } = placedFinding;
  return { rule, severity, migration, file, line, message, statement, lock, safe };
}

function unparsed(
  migration: BundledMigration,
  { error, offset }: { error: string; offset: number | null },
  at: { statement: number; line: number | null; text: string },
): PlacedFinding {
  // The parser counts characters; JavaScript counts those outside the Basic Multilingual Plane twice.
  const before = Array.from(at.text)
    .slice(0, offset ?? 0)
    .join("");
  const line = at.line === null ? null : at.line + newlines(before);
  return placed(migration, { ...at, line }, { rule: "syntax", message: error });
}

/** Of a TypeScript migration: of .sql files the reading of the folder refuses these. */
function ending(
  migration: BundledMigration,
  at: { statement: number; line: number | null; text: string },
): PlacedFinding[] {
  const { statements, mistakes } = splitSql(at.text);
  const unsendable = mistakes.map(({ message }) =>
    placed(migration, at, {
      rule: "syntax",
      message: message.split(". ")[0] ?? message,
      safe: INSERT,
    }),
  );
  const ends = statements.flatMap(({ words }) => {
    const reason = refusal(words, true)?.split(". ")[0];
    if (reason === undefined) return [];
    const safe =
      "-- in a .sql file of its own, without the transaction: -- tidegate:no-transaction";
    return [placed(migration, at, { rule: "not-in-transaction", message: reason, safe })];
  });
  return [...unsendable, ...ends];
}

/** What parses and cannot be sent by itself is `COPY … FROM stdin`. */
const INSERT = "insert into … values (…), (…);";

/** The statements of one text, which is one unless it was sent by code. */
function split(
  text: string,
  stmts: readonly RawStmt[],
): { tree: Node | undefined; text: string }[] {
  const bytes = Buffer.from(text, "utf8");
  return stmts.map(({ stmt: tree, stmt_location: start = 0, stmt_len: length }) => {
    if (stmts.length === 1) return { tree, text };
    const end = length === undefined || length === 0 ? bytes.length : start + length;
    return { tree, text: bytes.subarray(start, end).toString("utf8") };
  });
}

const ALLOWANCE_FORM =
  "-- tidegate: allow RULE because REASON, with the rule of a finding; or correct what it finds, and delete the comment";

/** Takes out what is allowed, and adds what is wrong with the allowances. */
function allowed(
  migration: BundledMigration,
  found: readonly PlacedFinding[],
  { good, bad }: Allowances,
  wholeFile: boolean,
): PlacedFinding[] {
  const used = new Set<number>();
  const left = found.filter((finding) => {
    const match = good.filter(
      ({ rule, statement }) => rule === finding.rule && (wholeFile || statement === finding.place),
    );
    for (const { line } of match) used.add(line);
    return match.length === 0;
  });
  const at = (line: number, rule: "allowance" | "unused-allowance", message: string) => {
    const safe = rule === "allowance" ? ALLOWANCE_FORM : "-- delete the comment";
    const place = { statement: placeOf(migration, line), line, text: "" };
    return placed(migration, place, { rule, message, safe });
  };
  return [
    ...left,
    ...bad.map(({ line, message }) => at(line, "allowance", message)),
    ...good
      .filter(({ line }) => !used.has(line))
      .map(({ line, rule, statement }) => {
        const where =
          wholeFile || statement !== null ? "" : "it stands directly above no statement, so that ";
        return at(
          line,
          "unused-allowance",
          `${where}nothing is found here that ${rule} would allow. Delete it`,
        );
      }),
  ];
}

function placeOf({ statements }: BundledMigration, line: number): number {
  const index = statements.findIndex((statement) => statement.line >= line);
  return index < 0 ? statements.length : index;
}
