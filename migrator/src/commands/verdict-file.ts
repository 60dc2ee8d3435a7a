import { readFileSync, writeFileSync } from "node:fs";

import { messageOf, MigratorError } from "../core/migrator-error.ts";

/** What `wait --verdict` leaves for `up --verdict`, which runs in another container of the pod. */
export interface Verdict {
  readonly format: 1;
  readonly ok: boolean;
  /** Why not; empty where it is well. */
  readonly reason: string;
  /** When the check began, ISO 8601: the time that it took is part of the deadline of what follows. */
  readonly began: string;
}

/** Leaves a verdict; `reason` is printed by whoever reads it. */
export async function writeVerdict(file: string, verdict: Verdict): Promise<void> {
  try {
    writeFileSync(file, `${JSON.stringify(verdict)}\n`);
  } catch (error) {
    throw new MigratorError(
      "usage",
      `the verdict cannot be left: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}

/**
 * Ends a run before it begins where the check before it has failed, or has left nothing.
 *
 * @returns how long ago that check began, in seconds; 0 where it does not say.
 * @throws MigratorError of kind `refused` with the reason that was left.
 */
export async function assertVerdict(file: string): Promise<number> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new MigratorError(
      "refused",
      `the verdict of the check before this run cannot be read: ${messageOf(error)}`,
      {
        next: "look at what leaves it before this run: `wait --verdict` with the same file, in a Job the container pre-flight-check",
      },
      { cause: error },
    );
  }
  const { ok, reason, began } = Object.fromEntries(
    Object.entries(typeof value === "object" && value !== null ? value : {}),
  );
  if (ok === true) {
    const at = typeof began === "string" ? Date.parse(began) : Number.NaN;
    return Number.isNaN(at) ? 0 : Math.max(0, (Date.now() - at) / 1000);
  }
  throw new MigratorError(
    "refused",
    typeof reason === "string" && reason !== "" ? reason : `${file} holds no verdict`,
  );
}
