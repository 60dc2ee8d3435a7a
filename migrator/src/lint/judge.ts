import type { BundledMigration } from "../bundle/types.ts";
import type { Draft, Finding } from "./finding.ts";
import { type FolderProgress, Progress } from "./progress.ts";
import { RULES } from "./rule-list.ts";
import { columnRules } from "./rules/column-rules.ts";
import { constraintRules } from "./rules/constraint-rules.ts";
import { dataRules } from "./rules/data-rules.ts";
import { expandRules, twoTables } from "./rules/expand-rules.ts";
import { indexRules } from "./rules/index-rules.ts";
import { renameRules } from "./rules/rename-rules.ts";
import { tableRules } from "./rules/table-rules.ts";
import { domainRules } from "./rules/domain-rules.ts";
import { partitionRules } from "./rules/partition-rules.ts";
import { sessionRules } from "./rules/session-rules.ts";
import { settingRules } from "./rules/setting-rules.ts";
import { transactionRules } from "./rules/transaction-rules.ts";
import { workRules } from "./rules/work-rules.ts";
import type { Scene, Step } from "./scene.ts";

/** A statement with its place, for findings. */
export interface PlacedStep extends Step {
  /** Place among the migration's statements; several steps share one where a text holds several. */
  readonly statement: number;
  readonly line: number | null;
}

/** A finding and the statement that an allowance must stand above. */
export interface PlacedFinding extends Finding {
  readonly place: number;
}

const ALL = [
  transactionRules,
  indexRules,
  constraintRules,
  columnRules,
  renameRules,
  expandRules,
  twoTables,
  tableRules,
  dataRules,
  workRules,
  domainRules,
  partitionRules,
  settingRules,
  sessionRules,
] as const;

/** What the rules say of a migration's statements, in order. */
export function judge(
  migration: BundledMigration,
  steps: readonly PlacedStep[],
  folder: FolderProgress,
): PlacedFinding[] {
  const progress = new Progress(folder);
  const { phase } = migration;
  return steps.flatMap((step, at) => {
    const transaction = migration.transaction || step.inBlock === true;
    if (!transaction) progress.held.clear();
    const scene: Scene = {
      phase,
      transaction,
      steps,
      at,
      created: progress.created,
      enumValues: progress.enumValues,
      held: progress.held,
      provenNotNull: progress.provenNotNull,
      checked: progress.checked,
    };
    const drafts = ALL.flatMap((rules) => rules(step, scene));
    progress.add(step, scene);
    return once(drafts).map((draft) => placed(migration, step, draft));
  });
}

/** Completes what a rule says. */
export function placed(
  { name, file }: BundledMigration,
  { statement, line, text }: Pick<PlacedStep, "statement" | "line" | "text">,
  { rule, message, lock, safe }: Draft,
): PlacedFinding {
  return {
    rule,
    severity: RULES[rule].severity,
    migration: name,
    file,
    line,
    message,
    statement: excerpt(text),
    lock: lock ?? null,
    safe: safe ?? RULES[rule].safe,
    place: statement,
  };
}

/** Two commands of one `ALTER TABLE` may be found for the same reason. */
function once(drafts: readonly Draft[]): Draft[] {
  const seen = new Set<string>();
  return drafts.filter(({ rule, message }) => {
    const key = `${rule} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Enough of a statement to recognise it. */
const EXCERPT = 100;

function excerpt(text: string): string | null {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return null;
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line;
}
