import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";
import { plan, type PlannedMigration, type PlanResult } from "../commands/plan.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import type { Report } from "./output.ts";

interface PlanOptions extends CommonOptions {
  readonly migrations?: string;
  readonly phase?: Phase;
  readonly outOfOrder?: boolean;
  readonly all?: boolean;
}

const EXAMPLES = `
Examples:
  PGDATABASE=shop PGUSER=me migrator plan --migrations ./migrations     what is pending there
  migrator plan --migrations ./migrations --all                         everything, without a database`;

/** Declares `plan`. */
export function declarePlan(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("show the SQL that up would run, in order; changes nothing")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .addOption(
      new Option("--phase <phase>", "only migrations of this phase; both otherwise").choices([
        "expand",
        "contract",
      ]),
    )
    .option("--out-of-order", "allow migrations older than the newest applied one")
    .option(
      "--all",
      "ask no database: all migrations, as an empty one gets them (so without a connection)",
    )
    .addHelpText("after", EXAMPLES)
    .action((options: PlanOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const result = await plan({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          outOfOrder: options.outOfOrder ?? false,
          ...(options.all === true && { withDatabase: false }),
          connectTimeoutSeconds: options.connectTimeout,
          ...(options.phase !== undefined && { phase: options.phase }),
        });
        return { report: reportPlan(result) };
      });
    });
}

function reportPlan(result: PlanResult): Report {
  const { database, version, migrations } = result;
  const count = migrations.length === 1 ? "1 migration" : `${migrations.length} migrations`;
  const summary =
    database === null
      ? `${count}, as an empty database gets them`
      : `${database}: at ${version ?? "no version"}, ${migrations.length === 0 ? "nothing" : count} pending`;
  return {
    lines: [...migrations.map(migrationText), `-- ${summary}`],
    records: [
      ...migrations.map((migration) => ({ event: "planned", ...migration })),
      { event: "done", command: "plan", database, version, migrations: migrations.length },
    ],
    summary,
  };
}

/** As SQL that can be read and, but for parameters, run. */
function migrationText(migration: PlannedMigration): string {
  const { file, phase, transaction, statements, done, partial } = migration;
  const notes = [
    `-- ${file} (${phase}${transaction ? "" : ", without a transaction"})`,
    ...partial.map((reason) => `-- only a part of it: ${reason}`),
  ];
  const sql = statements.map((text, i) =>
    i < done ? `-- finished in an earlier run:\n-- ${text.replaceAll("\n", "\n-- ")};` : `${text};`,
  );
  const body = transaction ? ["begin;", ...sql, "commit;"] : sql;
  return [...notes, ...body, ""].join("\n");
}
