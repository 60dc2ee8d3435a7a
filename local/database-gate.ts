import {
  type ConnectionSettings,
  migrate,
  MigratorError,
  type RunResult,
  stackAdvice,
  verdictOf,
} from "@tidegate/migrator";
import type { DatabaseSpec } from "../config/spec.ts";
import { describeEvent } from "./describe-event.ts";
import type { Say } from "./say.ts";
import { heldBackTo } from "./standing-rollback.ts";
import { textOf, UserError } from "./user-error.ts";

/** For a database that is held before its first migration. */
const NOTHING = { format: 1, migrations: [] } as const;

export interface DatabaseGateArgs {
  readonly database: DatabaseSpec;
  /** The folder of its migrations, as the developer would say it. */
  readonly folder: string;
  /** Makes the database and tells how its migrator logs in. */
  readonly provision: () => Promise<ConnectionSettings>;
  /** Keeps the databases; for messages. */
  readonly dataFolder: string;
  readonly commit: string | undefined;
  readonly signal: AbortSignal;
  readonly say: Say;
  /** Called when a run has ended; `applied`: the schema is not what running services started with. */
  readonly onDone: (applied: boolean) => void;
}

/**
 * A database here: its migrations open the gate. A migration that fails later leaves it open: the
 * services that run are on the schema that the last good migration left.
 */
export class DatabaseGate {
  readonly #args: DatabaseGateArgs;
  #connection: Promise<ConnectionSettings> | undefined;
  #again = false;
  #applied = 0;
  #running: Promise<void> | undefined;
  #open = false;
  #failure: string | undefined;

  constructor(args: DatabaseGateArgs) {
    this.#args = args;
  }

  /** Whether a run is at work. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Whether all migrations were applied once since the start. */
  get open(): boolean {
    return this.#open;
  }

  /** Why the last run failed; absent after a good one, and before the first. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Applies what is pending. While a run is at work, another follows it: it may have missed a file. */
  migrate(): void {
    this.#again = true;
    this.#running ??= this.#runAll();
  }

  /** Resolves when no run is at work: one that was told to end rolls back first. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #runAll(): Promise<void> {
    while (this.#again && !this.#args.signal.aborted) {
      this.#again = false;
      await this.#run();
    }
    this.#running = undefined;
    const applied = this.#applied > 0;
    // What a failed run applied before it failed is told with the next good one.
    if (this.#failure === undefined) this.#applied = 0;
    this.#args.onDone(applied && this.#failure === undefined);
  }

  async #run(): Promise<void> {
    const { say, signal } = this.#args;
    const { name } = this.#args.database;
    try {
      const result = await this.#migrateOnce();
      const done = result.applied.length;
      const version = result.version === null ? "without migrations" : `at ${result.version}`;
      const what = done === 0 ? "nothing pending" : `${done} applied`;
      say({ subject: name, tone: "good", text: `gate open, ${version} (${what})` });
      this.#open = true;
      this.#failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#failure = this.#describe(error);
      say({ subject: name, tone: "bad", text: this.#failure });
    }
  }

  async #migrateOnce(): Promise<RunResult> {
    const { database, folder, commit, signal, say } = this.#args;
    if (database.runner !== undefined) {
      throw new UserError(
        `is migrated by another tool, in its image (databases.${database.name}.runner), which npm run dev does not run: deploy this stack to a cluster, such as kind, or start only services without this database: npm run dev -- --only SERVICE`,
      );
    }
    this.#connection ??= this.#args.provision();
    let connection: ConnectionSettings;
    try {
      connection = await this.#connection;
    } catch (error) {
      // The next save tries again: an extension may have been the reason, for example.
      this.#connection = undefined;
      throw error;
    }
    const to = heldBackTo(database);
    return await migrate({
      connection,
      // The folder, not what was read at the start: it has changed since.
      migrations: to === null ? NOTHING : folder,
      ...(typeof to === "string" && { to }),
      ahead: database.ahead,
      outOfOrder: database.outOfOrder,
      // The keys are those of the stack; to run again, saving a file is enough.
      advice: { ...stackAdvice(database.name), again: "save it again" },
      expectOwner: true,
      deadlineSeconds: database.deadlineSeconds,
      lockWaitSeconds: database.lockWaitSeconds,
      idleInTransactionSeconds: database.idleInTransactionSeconds,
      ...(database.statementTimeoutSeconds !== undefined && {
        statementTimeoutSeconds: database.statementTimeoutSeconds,
      }),
      ...(commit !== undefined && { gitCommit: commit }),
      signal,
      onEvent: (event) => {
        if (event.event === "applied") this.#applied += 1;
        const line = describeEvent(event);
        if (line !== undefined) say({ subject: database.name, ...line });
      },
    });
  }

  #describe(error: unknown): string {
    if (!(error instanceof MigratorError)) return textOf(error);
    const { database, dataFolder } = this.#args;
    const verdict = verdictOf(error);
    const text =
      error.details.file === undefined ? verdict : `${database.migrationsDir}/${verdict}`;
    // What nobody else has applied yet may simply begin anew.
    return error.kind === "refused"
      ? `${text}\nor, where it was never deployed: end npm run dev, remove ${dataFolder} and begin with empty databases`
      : text;
  }
}
