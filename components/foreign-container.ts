import type { ForeignRunnerSpec } from "../config/spec.ts";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildCaMount, buildSecretEnv, type PodAddress } from "./connection.ts";
import { type ConnectionSource, sourceEnv } from "./connection-source.ts";
import type { MountedFiles } from "./migration-files.ts";
import { buildEnvFrom } from "./pod-settings.ts";
import type { RunnerContainer } from "./runner-job.ts";

/** What the Jobs of another tool on one database are made of. */
export interface ForeignJobArgs {
  readonly database: DatabaseSpec;
  readonly runner: ForeignRunnerSpec;
  /** The built-in runner's image, for the checks before and after. */
  readonly image: string;
  readonly server: PodAddress;
  /** The migrator's connection. */
  readonly secret: ConnectionSource;
  /** The folder of migrations, where it is mounted, and what must arrive; absent where it is neither. */
  readonly files?: MountedFiles;
  /** Secret with the values of `secretEnv`. */
  readonly secretEnvName: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The tool's own container: it migrates. */
export function buildForeignContainer(args: ForeignJobArgs): RunnerContainer {
  const { runner } = args;
  return buildToolContainer(args, "migrate", runner.command, runner.args, runner.env);
}

/** The same image takes a migration back; undefined where the database names no rollback. */
export function buildForeignRollbackContainer(args: ForeignJobArgs): RunnerContainer | undefined {
  const { runner } = args;
  const { rollback } = runner;
  if (rollback === undefined) return undefined;
  return buildToolContainer(args, "rollback", rollback.command ?? runner.command, rollback.args, {
    ...runner.env,
    ...rollback.env,
  });
}

function buildToolContainer(
  { runner, ...args }: ForeignJobArgs,
  name: string,
  command: readonly string[] | undefined,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): RunnerContainer {
  return {
    name,
    image: runner.image.reference,
    ...(command !== undefined && { command }),
    args: words,
    env: [
      // Whatever a tool keeps in its home finds the only folder that it may write.
      ...Object.entries({ HOME: "/tmp", ...env }).map(([key, value]) => ({ name: key, value })),
      ...Object.entries(runner.connection).map(([key, part]) => sourceEnv(args.secret, key, part)),
      ...Object.keys(runner.secretEnv).map((key) => buildSecretEnv(key, args.secretEnvName, key)),
    ],
    ...(runner.envFrom.length > 0 && { envFrom: runner.envFrom.map(buildEnvFrom) }),
    user: runner.user,
    mounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(runner.mount === undefined
        ? []
        : [{ name: "migrations", mountPath: runner.mount.path, readOnly: true }]),
      ...buildCaMount(args.server.caConfigMap).mounts,
    ],
  };
}
