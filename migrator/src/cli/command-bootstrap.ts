import { readFile } from "node:fs/promises";

import type { Command } from "commander";

import { bootstrap } from "../commands/bootstrap.ts";
import { DEFAULT_LOCK_WAIT } from "../commands/run-request.ts";
import { ENV } from "../contract.ts";
import { type Environment, variable } from "../core/connection/connection-parts.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";
import type { CommandAction, CommonOptions } from "./context.ts";
import { seconds, secondsOrNone } from "./option-values.ts";

interface BootstrapOptions extends CommonOptions {
  readonly plan?: string;
  readonly lockWait: number;
  readonly deadline?: number;
}

/** Declares `bootstrap`. */
export function declareBootstrap(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("create a database, its roles, privileges and logins as a plan says; run as admin")
    .option("--plan <file>", `the plan as JSON (or ${ENV.bootstrapPlan})`)
    .option("--lock-wait <seconds>", "bound of waits for locks", secondsOrNone, DEFAULT_LOCK_WAIT)
    .option("--deadline <seconds>", "fail after this long", seconds)
    .addHelpText(
      "after",
      "\nExample:\n  MIGRATOR_PASSWORD=… DATABASE_URL=postgres://admin@localhost/postgres migrator bootstrap --plan plan.json",
    )
    .action((options: BootstrapOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const result = await bootstrap({
          env,
          signal,
          onEvent,
          plan: await readPlan(options.plan, env),
          lockWaitSeconds: options.lockWait,
          connectTimeoutSeconds: options.connectTimeout,
          ...(options.deadline === undefined ? {} : { deadlineSeconds: options.deadline }),
        });
        const what = result.database === null ? "roles" : `database ${result.database} and roles`;
        const summary = `${what} ${result.roles.join(", ")} are as planned`;
        return {
          report: {
            lines: [summary],
            records: [{ event: "done", command: "bootstrap", ...result }],
            summary,
          },
        };
      });
    });
}

async function readPlan(file: string | undefined, env: Environment): Promise<string> {
  if (file !== undefined) {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      throw new MigratorError("usage", `bootstrap plan: ${messageOf(error)}`, {}, { cause: error });
    }
  }
  const text = variable(env, ENV.bootstrapPlan);
  if (text !== undefined) return text;
  throw new MigratorError(
    "usage",
    `no plan is given; use --plan FILE or ${ENV.bootstrapPlan} with the plan as JSON`,
  );
}
