import type { Phase } from "../bundle/types.ts";

/** Somebody whose lock is waited for. */
export interface Blocker {
  readonly pid: number;
  readonly login: string;
  readonly application: string;
  /** Since when its transaction (or, of a runner, its session) lasts; absent where we may not see it. */
  readonly since?: string;
  /** How long that is, in seconds, by the server's clock; absent where `since` is. */
  readonly seconds?: number;
  /** What it runs; absent where we may not see it. */
  readonly query?: string;
}

/** What a run reports while it works. */
export type MigratorEvent =
  | {
      readonly event: "connected";
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly role: string;
      readonly server: string;
    }
  | { readonly event: "retry"; readonly reason: string; readonly milliseconds: number }
  | { readonly event: "lock-wait"; readonly holder: Blocker | null }
  | {
      readonly event: "started";
      readonly migration: string;
      readonly file: string;
      readonly phase: Phase;
    }
  | {
      readonly event: "statement";
      readonly migration: string;
      readonly number: number;
      readonly of: number;
      readonly line: number;
    }
  | {
      readonly event: "table-lock-wait";
      readonly migration: string;
      readonly blockers: readonly Blocker[];
    }
  | {
      readonly event: "progress";
      readonly migration: string;
      /** How long the statement runs. */
      readonly seconds: number;
      readonly file: string;
      /** Where it stands; of several that were sent at once the first; `null`: code sends it. */
      readonly line: number | null;
      /** How many were sent at once: one of them runs, and the server does not say which. */
      readonly statements: number;
      /** The statement, or the beginning of those. */
      readonly query: string;
      /** What it waits for, as Postgres calls it; `null`: it works. */
      readonly waitsFor: string | null;
      /** Of an index that is built: phase and part. */
      readonly index: string | null;
    }
  | { readonly event: "applied"; readonly migration: string; readonly milliseconds: number }
  | { readonly event: "reverting"; readonly migration: string; readonly file: string }
  | { readonly event: "reverted"; readonly migration: string; readonly milliseconds: number }
  | { readonly event: "failed"; readonly migration: string; readonly message: string }
  | { readonly event: "notice"; readonly message: string }
  | { readonly event: "waiting"; readonly message: string; readonly next: string | null };

/** Receives what a run reports. It must not throw. */
export type EventListener = (event: MigratorEvent) => void;

/** One line that names a blocker. */
export function describeBlocker(blocker: Blocker): string {
  const age = blocker.seconds === undefined ? "" : ` (for ${blocker.seconds} s)`;
  const since = blocker.since === undefined ? "" : ` since ${blocker.since}${age}`;
  const query = blocker.query === undefined ? "" : `: ${blocker.query}`;
  const application = blocker.application === "" ? "" : ` (${blocker.application})`;
  return `pid ${blocker.pid} ${blocker.login}${application}${since}${query}`;
}
