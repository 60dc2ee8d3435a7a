import type { Problem } from "../problem.ts";
import type { DatabaseConfig } from "../schema/database.ts";
import { type Checked, problem } from "./rule.ts";

/** What works through a Job that migrates is asked of databases only that have one. */
export function checkJobFeatures({ config }: Checked): readonly Problem[] {
  return Object.entries(config.databases).flatMap(([name, database]) => {
    const { maintenance, manualRuns, strategy } = database;
    const path = ["databases", name];
    const reason = withoutJob(database);
    return [
      ...(maintenance && (reason !== undefined || strategy === "manual")
        ? [
            problem(
              [...path, "maintenance"],
              `takes services down for the Job that migrates, and ${reason ?? "with strategy manual the Job only looks"}: take it out`,
            ),
          ]
        : []),
      ...(strategy === "manual" && !manualRuns
        ? [
            problem(
              [...path, "manualRuns"],
              "takes the CronJob away with which strategy manual is migrated: take it out",
            ),
          ]
        : []),
    ];
  });
}

/** Why no Job of the built-in runner migrates a database; undefined where one does. */
export function withoutJob({ runner, strategy }: DatabaseConfig): string | undefined {
  if (runner !== undefined) return "another tool migrates this database";
  if (strategy === "job" || strategy === "manual") return undefined;
  return strategy === "disabled"
    ? "with strategy disabled nothing migrates"
    : `with strategy ${strategy} the services' own pods migrate`;
}
