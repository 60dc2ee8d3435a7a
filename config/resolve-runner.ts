import type { ForeignFolder } from "@tidegate/migrator/bundle";
import type { ConnectionTls } from "./connection-env.ts";
import { deliveryOfFiles } from "./delivery.ts";
import { known } from "./known.ts";
import type { Images } from "./resolve-images.ts";
import { runnerConnection } from "./rules/runners.ts";
import type { ForeignGateSpec, ForeignRunnerSpec, ImageSpec } from "./spec.ts";
import type { RunnerConfig } from "./schema/runner.ts";

/** What a runner is resolved with. */
export interface RunnerContext {
  readonly images: Images;
  readonly tls: ConnectionTls;
  /** Absent: it names no folder. */
  readonly folder: ForeignFolder | undefined;
  /** Environment of the database, under the runner's own. */
  readonly env: Readonly<Record<string, string>>;
}

/** Another tool with every default. */
export function resolveRunner(runner: RunnerConfig, context: RunnerContext): ForeignRunnerSpec {
  const { folder } = context;
  const image = context.images.of(runner);
  const { rollback } = runner;
  return {
    image,
    ...(runner.command !== undefined && { command: runner.command }),
    args: runner.args,
    env: { ...context.env, ...runner.env },
    connection: runnerConnection(runner.connection, context.tls),
    secretEnv: runner.secretEnv,
    envFrom: runner.envFrom,
    user: runner.user,
    gate: gateOf(runner.history, image, folder),
    migrations: folder?.migrations ?? [],
    ...(folder !== undefined && { digest: folder.digest }),
    ...(runner.mount !== undefined && {
      mount: {
        path: runner.mount,
        delivery: deliveryOfFiles(known(folder, "a folder that is mounted").files),
      },
    }),
    ...(rollback !== undefined && {
      rollback: {
        ...(rollback.command !== undefined && { command: rollback.command }),
        args: rollback.args ?? (rollback.command === undefined ? runner.args : []),
        env: rollback.env,
      },
    }),
  };
}

function gateOf(
  history: RunnerConfig["history"],
  image: ImageSpec,
  folder: ForeignFolder | undefined,
): ForeignGateSpec {
  if (history === "none") return { by: "none" };
  if ("command" in history) {
    const { command, image: own } = history;
    return { by: "command", command, image: own === undefined ? image : { reference: own } };
  }
  return {
    by: "history",
    history: {
      ...history,
      ...(folder?.when !== undefined && { when: folder.when }),
      ...(folder?.parents !== undefined && { parents: folder.parents }),
    },
  };
}
