// Through node:fs, which loads its promises when they are first used: a start does without.
import { promises as fs } from "node:fs";

import { compareVersions } from "../../bundle/version.ts";
import {
  FOREIGN_TOOLS,
  type ForeignHistoryRequirement,
  type SchemaRequirement,
} from "../../contract.ts";
import { type HistoryRow, namesOf, newestOf } from "../history/history-row.ts";
import { messageOf } from "../migrator-error.ts";

/** What a gate waits for, or why its file does not tell. */
export type ReadRequirement =
  | { readonly requirement: SchemaRequirement }
  | { readonly problem: string };

/**
 * Reads what a gate waits for. A file that cannot be read or understood is a reason to wait, not to
 * end: it may be replaced at any moment under a waiting pod.
 */
export async function readRequirement(file: string): Promise<ReadRequirement> {
  let value: unknown;
  try {
    value = JSON.parse(await fs.readFile(file, "utf8"));
  } catch (error) {
    return { problem: `${file} cannot be read: ${messageOf(error)}` };
  }
  if (typeof value !== "object" || value === null) return { problem: `${file} holds no object` };
  const fields = Object.fromEntries(Object.entries(value));
  const { format, database, migrations, command, upTo } = fields;
  if (format !== 1 && format !== 2) {
    return {
      problem: `${file} is of format ${JSON.stringify(format)}; this runner knows 1 and 2: the gate's image is older than the deployer`,
    };
  }
  if (typeof database !== "string" || typeof command !== "string" || !isNames(migrations)) {
    return { problem: `${file} must name database, command and migrations` };
  }
  if (upTo !== undefined && upTo !== "applied") {
    return {
      problem: `${file} ends at ${JSON.stringify(upTo)}, which this runner does not know: the gate's image is older than the deployer`,
    };
  }
  const end = upTo === undefined ? {} : { upTo: "applied" as const };
  const requirement = { format, database, command, migrations, ...end };
  if (format === 1) return { requirement };
  const history = historyOf(fields["history"]);
  if (history === undefined) return { problem: `${file} names no history that this runner reads` };
  return { requirement: { ...requirement, history } };
}

function historyOf(value: unknown): ForeignHistoryRequirement | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { tool, table, when, parents } = Object.fromEntries(Object.entries(value));
  const known = FOREIGN_TOOLS.find((each) => each === tool);
  if (known === undefined) return undefined;
  return {
    tool: known,
    ...(typeof table === "string" && { table }),
    ...(isRecord(when, (each) => typeof each === "number") && { when }),
    ...(isRecord(parents, isNames) && { parents }),
  };
}

function isRecord<T>(
  value: unknown,
  holds: (each: unknown) => each is T,
): value is Readonly<Record<string, T>> {
  return typeof value === "object" && value !== null && Object.values(value).every(holds);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** What a requirement names as far as it is waited for: see {@link SchemaRequirement.upTo}. */
export function wantedOf(
  { migrations, upTo }: Pick<SchemaRequirement, "migrations" | "upTo">,
  history: readonly HistoryRow[],
): readonly string[] {
  const newest = newestOf(history);
  // Without a history nothing was rolled back: a new or lost database, on which no service may start.
  if (upTo === undefined || newest === null) return migrations;
  return migrations.filter((name) => compareVersions(name, newest) <= 0);
}

/**
 * The names of `wanted` that are not in the database: neither in the history by their name or an alias,
 * nor covered by a baseline. "The newest is at least" would not see a file that was merged late.
 */
export function missingFrom(
  wanted: readonly string[],
  history: readonly HistoryRow[],
): readonly string[] {
  const done = history.filter(({ outcome }) => outcome === "applied" || outcome === "baseline");
  const names = new Set(done.flatMap(namesOf));
  const baselines = done.filter(({ outcome }) => outcome === "baseline");
  return wanted.filter(
    (name) =>
      !names.has(name) && !baselines.some((baseline) => compareVersions(name, baseline.name) <= 0),
  );
}
