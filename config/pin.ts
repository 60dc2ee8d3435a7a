import { compareVersions } from "@tidegate/migrator/bundle";
import type { RollbackConfig } from "./schema/rollback.ts";
import type { PinSpec } from "./spec.ts";

/** What `rollback.to` says where only the database knows the version. */
export const LAST_BATCH = "last-batch";

/**
 * The version of a folder that `rollback.to` names, as the runner finds it in the history: by its name, or
 * by its number.
 */
export function namedVersion(to: string, names: readonly string[]): string | undefined {
  const byNumber = /^\d+$/.test(to) ? numberOf(to) : undefined;
  return names.find(
    (name) => name === to || (byNumber !== undefined && numberOf(name) === byNumber),
  );
}

function numberOf(text: string): string | undefined {
  return /^0*(\d+)/.exec(text)?.[1];
}

/**
 * How far a folder's migrations may go while a rollback stands: to the version that it names, also where
 * the folder is an older one that ends before it.
 */
export function pinOf({ to }: Pick<RollbackConfig, "to">, names: readonly string[]): PinSpec {
  if (to === LAST_BATCH) return {};
  if (/^0+$/.test(to)) return { keeps: [] };
  const target = namedVersion(to, names) ?? to;
  return { keeps: names.filter((name) => compareVersions(name, target) <= 0) };
}
