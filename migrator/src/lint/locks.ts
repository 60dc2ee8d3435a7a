/** The modes of Postgres' table locks that findings name, as its documentation writes them. */
export type LockMode =
  | "ACCESS SHARE"
  | "ROW SHARE"
  | "ROW EXCLUSIVE"
  | "SHARE UPDATE EXCLUSIVE"
  | "SHARE"
  | "SHARE ROW EXCLUSIVE"
  | "EXCLUSIVE"
  | "ACCESS EXCLUSIVE";

/**
 * What other sessions cannot do while a lock is held.
 * Source: PostgreSQL's documentation, table 13.2 (conflicting lock modes).
 */
export const BLOCKS: Readonly<Record<LockMode, string>> = {
  "ACCESS SHARE": "nothing but DROP, TRUNCATE and most of ALTER TABLE",
  "ROW SHARE": "nothing that reads or writes rows",
  "ROW EXCLUSIVE": "no read; writes of the rows that it changes",
  "SHARE UPDATE EXCLUSIVE": "no read and no write; VACUUM and other changes of the schema",
  SHARE: "every write; reads go on",
  "SHARE ROW EXCLUSIVE": "every write; reads go on",
  EXCLUSIVE: "every write and SELECT … FOR UPDATE; plain reads go on",
  "ACCESS EXCLUSIVE": "every read and every write",
};

/** By the numbers that the parser uses (`src/include/storage/lockdefs.h`), from 1. */
export const LOCK_MODES: readonly LockMode[] = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
];

/** Whether it keeps others from writing. */
export function blocksWrites(mode: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("SHARE");
}

/** The one that conflicts with more. */
export function stronger(one: LockMode, other: LockMode | undefined): LockMode {
  return other !== undefined && LOCK_MODES.indexOf(other) > LOCK_MODES.indexOf(one) ? other : one;
}

/** The name in `pg_locks.mode`: `AccessExclusiveLock`. */
export function catalogName(mode: LockMode): string {
  const words = mode.split(" ").map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return `${words.join("")}Lock`;
}
