import { type Connection, type ConnectionTls, connectionEnv } from "../connection-env.ts";
import type { Path, Problem } from "../problem.ts";
import { toolOf } from "../runner-folder.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import type { RunnerConfig } from "../schema/runner.ts";
import { type Checked, isBroken, problem } from "./rule.ts";
import { isSingleWindow } from "./services.ts";

/** Another tool's image, gate and variables are each said once, and enough to hold its services. */
export function checkRunners(checked: Checked): readonly Problem[] {
  const { config } = checked;
  const tls = {
    ca: config.server?.tls.ca !== undefined,
    serverName: config.server?.tls.serverName !== undefined,
  };
  return Object.entries(config.databases).flatMap(([name, { runner, strategy }]) => {
    const path = ["databases", name, "runner"];
    if (runner === undefined) return [];
    return [
      ...(strategy === "job"
        ? []
        : [
            problem(
              ["databases", name, "strategy"],
              `${strategy} is the built-in runner's: another tool migrates in its Job, strategy job`,
            ),
          ]),
      ...checkWindows(config, name, runner),
      ...checkImage(checked, path, runner),
      ...checkGate(path, runner),
      ...checkVariables(path, runner, tls),
      ...checkRollback(path, runner),
    ];
  });
}

function checkImage(checked: Checked, path: Path, { image, build }: RunnerConfig): Problem[] {
  const at = [...path, "image"];
  if (image === undefined && build === undefined) {
    return isBroken(checked, [...path, "build"])
      ? []
      : [problem(at, "is missing: give image (by digest) or build: { context }")];
  }
  return image === undefined || build === undefined
    ? []
    : [problem(at, "and build exclude each other: keep one")];
}

function checkGate(path: Path, { history, migrations, mount }: RunnerConfig): Problem[] {
  const tool = toolOf(history);
  return [
    ...(tool !== undefined && migrations === undefined
      ? [
          problem(
            [...path, "migrations"],
            `is missing: name the folder of ${tool}'s migrations, whose names the gate waits for`,
          ),
        ]
      : []),
    ...(mount !== undefined && migrations === undefined
      ? [problem([...path, "mount"], "needs migrations: the folder that is mounted there")]
      : []),
  ];
}

/** Nobody can tell whether a version is there in a history that is not read. */
function checkWindows(config: PlatformConfig, name: string, { history }: RunnerConfig): Problem[] {
  if (toolOf(history) !== undefined) return [];
  return Object.entries(config.services).flatMap(([service, { schema, databases }]) => {
    if (schema === undefined || !Object.hasOwn(databases, name)) return [];
    const single = isSingleWindow(schema);
    if (!single && !Object.hasOwn(schema, name)) return [];
    return [
      problem(
        ["services", service, "schema", ...(single ? [] : [name])],
        `the gate of "${name}" does not read its tool's history (databases.${name}.runner.history), so that no version could be looked for: take it out`,
      ),
    ];
  });
}

function checkVariables(path: Path, runner: RunnerConfig, tls: ConnectionTls): Problem[] {
  const connection = runnerConnection(runner.connection, tls);
  const taken = (at: Path, variables: Readonly<Record<string, string>>): Problem[] =>
    Object.keys(variables)
      .filter((variable) => Object.hasOwn(connection, variable))
      .map((variable) =>
        problem([...at, variable], "is set by the connection to the database: take it out"),
      );
  return [
    ...taken([...path, "env"], runner.env),
    ...taken([...path, "secretEnv"], runner.secretEnv),
    ...taken([...path, "rollback", "env"], runner.rollback?.env ?? {}),
    ...Object.keys(runner.secretEnv)
      .filter((variable) => Object.hasOwn(runner.env, variable))
      .map((variable) => problem([...path, "secretEnv", variable], "is also in env: keep one")),
  ];
}

/** A rollback that is told nothing else is the migration once more. */
function checkRollback(path: Path, { rollback }: RunnerConfig): Problem[] {
  if (rollback === undefined || rollback.command !== undefined || rollback.args !== undefined) {
    return [];
  }
  return Object.keys(rollback.env).length > 0
    ? []
    : [
        problem(
          [...path, "rollback"],
          "would migrate once more: give it command, args or env that take a migration back",
        ),
      ];
}

/** Environment variable → part of the migrator's connection, under the names that the tool reads. */
export function runnerConnection(
  connection: Connection | undefined,
  tls: ConnectionTls,
): ReturnType<typeof connectionEnv> {
  return connectionEnv({ connection: connection ?? "url", database: "", several: false, tls });
}
