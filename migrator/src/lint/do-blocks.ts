import { refusal } from "../bundle/sql-rules.ts";
import { splitSql } from "../bundle/sql-statements.ts";
import type { BundledMigration } from "../bundle/types.ts";
import { placed, type PlacedFinding, type PlacedStep } from "./judge.ts";
import type { ParsedBlock } from "./parser-process.ts";

/** The `DO` that a block is of. */
interface Place {
  readonly statement: number;
  readonly line: number | null;
  readonly text: string;
}

/** The statements of a `DO` block as steps of the migration, and what of the block cannot be judged. */
export function readBlock(
  migration: BundledMigration,
  { statements, unread }: ParsedBlock,
  { statement, line, text }: Place,
): { steps: PlacedStep[]; found: PlacedFinding[] } {
  const at = (inside: number): number | null => (line === null ? null : line + inside);
  const steps = statements.map((each): PlacedStep => ({
    tree: each.stmt,
    text: each.text,
    statement,
    line: at(each.line),
    inBlock: true,
  }));
  const failing = steps.flatMap((step) => {
    const [words = []] = splitSql(step.text).statements.map((each) => each.words);
    const reason = refused(words, migration.transaction);
    return reason === null
      ? []
      : [
          placed(migration, step, {
            rule: "not-in-transaction",
            message: reason,
            safe: "-- outside of the block, in a .sql file of its own: -- tidegate:no-transaction",
          }),
        ];
  });
  const hidden = unread.map((each) =>
    placed(
      migration,
      { statement, line: at(each.line), text },
      { rule: "unread-code", message: `this part of the block is not judged: ${each.reason}` },
    ),
  );
  return { steps, found: [...failing, ...hidden] };
}

/** Why a statement fails in a block; in a file without a transaction a block may end its own. */
function refused(words: readonly string[], transaction: boolean): string | null {
  const isControl = refusal(words, false) !== null;
  if (isControl && !transaction) return null;
  return refusal(words, true)?.split(". ")[0] ?? null;
}
