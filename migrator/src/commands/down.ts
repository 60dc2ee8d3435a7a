import type { MigrationBundle } from "../bundle/types.ts";
import type { DownChoice } from "../core/down/choose-rows.ts";
import { type DownResult, runDown } from "../core/run-down.ts";
import { loadMigrations } from "./migrations.ts";
import { type RunRequest, withRunOptions } from "./run-request.ts";

export interface DownRequest extends RunRequest {
  /** Where a way down is looked for that the history lacks; default: nowhere. */
  readonly migrations?: string | MigrationBundle;
  /** What is undone; default: the migration that was applied last. */
  readonly choice?: DownChoice;
  /** Data may be lost; default `false`: a way down that loses some is refused. */
  readonly allowDataLoss?: boolean;
  /** How long it says what it will do before it does it, in seconds; default 0. */
  readonly delaySeconds?: number;
  /**
   * Name of an order to undo the last batch. Carried out again under the same name it undoes what is left
   * of that batch and nothing more; default: each run is an order of its own.
   */
  readonly order?: string;
  /** Only refuse what would be refused; default `false`. */
  readonly dryRun?: boolean;
}

/**
 * Undoes migrations by the ways down that were kept when they were applied.
 *
 * @throws MigratorError
 */
export async function down(request: DownRequest): Promise<DownResult> {
  const bundle = request.migrations === undefined ? null : await loadMigrations(request.migrations);
  return withRunOptions(request, (settings, run) =>
    runDown(settings, bundle, {
      ...run,
      choice: request.choice ?? { steps: 1 },
      allowDataLoss: request.allowDataLoss ?? false,
      delaySeconds: request.delaySeconds ?? 0,
      order: request.order ?? null,
      dryRun: request.dryRun ?? false,
    }),
  );
}
