import { ENV } from "@tidegate/migrator/contract";
import { isConnectionVariable } from "../connection-env.ts";
import type { Problem } from "../problem.ts";
import { type Checked, problem } from "./rule.ts";

const RUNNER_OWN: ReadonlySet<string> = new Set(Object.values(ENV));

/** The environment of a migration does not speak against what the Job sets itself. */
export function checkDatabaseEnvironment({ config }: Checked): readonly Problem[] {
  return Object.entries(config.databases).flatMap(([name, { env }]) =>
    Object.keys(env)
      .filter((variable) => RUNNER_OWN.has(variable) || isConnectionVariable(variable))
      .map((variable) =>
        problem(
          ["databases", name, "env", variable],
          "is set by the Job itself; a second value would lead the migration elsewhere: take it out",
        ),
      ),
  );
}
