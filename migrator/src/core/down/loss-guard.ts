import type pg from "pg";

import type { Advice } from "../advice.ts";
import { MigratorError } from "../migrator-error.ts";
import { assessLoss, type FoundLoss } from "./assess-loss.ts";
import type { WayDown } from "./way-down.ts";

/**
 * Looks at a statement right before it is sent, in the transaction and under the search_path that it will have.
 */
export type LossGuard = (statement: string) => Promise<void>;

/**
 * Stops a way down at the first statement that would lose data.
 *
 * @param lock hold the tables against writes between the look and the statement, which needs a
 *   transaction of the caller's
 * @throws MigratorError of kind `refused` with what would be lost and how many rows are there.
 */
export function lossGuard(
  client: pg.Client,
  way: WayDown,
  lock: boolean,
  advice: Advice,
): LossGuard {
  return async (statement) => {
    const losses = lock
      ? await assessLoss(client, statement, true)
      : await readOnly(client, () => assessLoss(client, statement, false));
    if (losses.length > 0) throw lossRefusal([{ way, losses }], advice);
  };
}

/** What one way down would lose. */
export interface WayLosses {
  readonly way: WayDown;
  readonly losses: readonly FoundLoss[];
}

/**
 * Looks at all ways down in SQL before the first of them runs, so that one refusal names all that would
 * be lost. What it cannot see (TypeScript, names that a file's own SET search_path moves) the guard does.
 */
export async function findLosses(
  client: pg.Client,
  ways: readonly WayDown[],
): Promise<readonly WayLosses[]> {
  const found: WayLosses[] = [];
  await readOnly(client, async () => {
    for (const way of ways) {
      for (const { start, end } of way.statements) {
        const losses = await assessLoss(client, way.up.slice(start, end), false);
        if (losses.length > 0) found.push({ way, losses });
      }
    }
  });
  return found;
}

/** One line for each thing that would be lost: migration, what, where, how much. */
export function lossLines(found: readonly WayLosses[]): readonly string[] {
  return found.flatMap(({ way, losses }) => losses.map(({ what }) => `${way.name} ${what}`));
}

async function readOnly<T>(client: pg.Client, look: () => Promise<T>): Promise<T> {
  await client.query("begin read only");
  try {
    return await look();
  } finally {
    await client.query("rollback");
  }
}

/** The refusal of everything that would be lost. */
export function lossRefusal(found: readonly WayLosses[], advice: Advice): MigratorError {
  const lines = lossLines(found).map((line) => `- ${line}`);
  const [first] = found;
  return new MigratorError("refused", `the way down loses data:\n${lines.join("\n")}`, {
    ...(first === undefined ? {} : { file: first.way.file }),
    ...(first?.losses[0] === undefined ? {} : { statement: first.losses[0].statement }),
    state: "this migration was not undone",
    next: `save what is needed, then ${advice.allowDataLoss}`,
  });
}
