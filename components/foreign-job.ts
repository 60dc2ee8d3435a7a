import type { types } from "@pulumi/kubernetes";
import { ENV, SCHEMA_FILE } from "@tidegate/migrator/contract";
import type { ForeignRunnerSpec } from "../config/spec.ts";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildCaMount, buildRunnerEnv, buildSecretEnv, type PodAddress } from "./connection.ts";
import { type ConnectionSource, sourceEnv } from "./connection-source.ts";
import { digestOf } from "./digest.ts";
import { sealOption } from "./foreign-schema.ts";
import { DIGEST_ANNOTATION } from "./migration-job.ts";
import { buildRunnerJob, type RunnerContainer } from "./runner-job.ts";

/** Where the check at the end finds what must have arrived. */
const WANTED_DIR = "/etc/tidegate/schema";

/** How long it looks for that, in seconds: the tool has ended, so it is there or will never be. */
const ARRIVAL_SECONDS = 10;

/** Bound of the check at the end, in seconds. */
const END_DEADLINE_SECONDS = 120;

export interface ForeignJobArgs {
  readonly database: DatabaseSpec;
  readonly runner: ForeignRunnerSpec;
  /** The built-in runner's image, for the checks before and after. */
  readonly image: string;
  readonly server: PodAddress;
  /** The migrator's connection. */
  readonly secret: ConnectionSource;
  /** ConfigMap with the folder of migrations, where it is mounted, and what must arrive. */
  readonly configMap: string;
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

/** What a Job of the tool is made of, in a few digits, its folder of migrations included. */
export function foreignDigest(args: ForeignJobArgs): string {
  return digestOf({
    job: buildForeignJob(args, ""),
    server: { host: args.server.host, port: args.server.port },
    run: args.database.run,
    migrations: args.runner.digest ?? "",
    gate: args.runner.gate,
  });
}

/**
 * The Job in which the tool migrates, behind the same check as the built-in runner. That check ends with
 * 1 where it fails, as the tool could not read its verdict.
 *
 * @param digest its {@link foreignDigest}.
 */
export function buildForeignJob(
  args: ForeignJobArgs,
  digest: string,
): types.input.batch.v1.JobSpec {
  return buildToolJob(args, digest, buildForeignContainer(args), args.database.podRetries ?? 0);
}

/** The Job that a rollback is made of; undefined where the database names none. */
export function buildForeignRollbackJob(
  args: ForeignJobArgs,
): types.input.batch.v1.JobSpec | undefined {
  const container = buildForeignRollbackContainer(args);
  // Once only: a second try would take back one migration more.
  return container === undefined
    ? undefined
    : buildToolJob(args, foreignDigest(args), container, 0);
}

/**
 * The check after the tool has ended well: what this deploy leads to stands in its history, which from
 * then on nobody but the owner may write. A tool that skips a file says nothing of it.
 *
 * @param digest that of the tool's Job, so that it runs again whenever that does
 */
export function buildEndJob(args: ForeignJobArgs, digest: string): types.input.batch.v1.JobSpec {
  const ca = buildCaMount(args.server.caConfigMap);
  return buildRunnerJob({
    image: args.image,
    labels: args.labels,
    annotations: { [DIGEST_ANNOTATION]: digest },
    serviceAccount: args.serviceAccount,
    main: {
      name: "verify",
      args: [
        "wait",
        "--schema",
        `${WANTED_DIR}/${SCHEMA_FILE}`,
        "--timeout",
        String(ARRIVAL_SECONDS),
        ...sealOption(args.runner),
      ],
      env: buildRunnerEnv(args.secret, args.server.tls),
      mounts: [{ name: "wanted", mountPath: WANTED_DIR, readOnly: true }, ...ca.mounts],
    },
    volumes: [
      {
        name: "wanted",
        configMap: { name: args.configMap, items: [{ key: SCHEMA_FILE, path: SCHEMA_FILE }] },
      },
      ...ca.volumes,
    ],
    resources: args.database.resources,
    deadlineSeconds: END_DEADLINE_SECONDS,
    retries: args.database.podRetries ?? 0,
    ...(args.database.pod !== undefined && { pod: args.database.pod }),
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

function buildToolJob(
  args: ForeignJobArgs,
  digest: string,
  main: RunnerContainer,
  retries: number,
): types.input.batch.v1.JobSpec {
  const { database, runner } = args;
  const ca = buildCaMount(args.server.caConfigMap);
  return buildRunnerJob({
    image: args.image,
    labels: args.labels,
    annotations: { [DIGEST_ANNOTATION]: digest },
    serviceAccount: args.serviceAccount,
    before: {
      name: "pre-flight-check",
      args: ["wait", "--expect-owner", ...sealOption(runner)],
      env: [
        ...buildRunnerEnv(args.secret, args.server.tls),
        // The image names a folder, and there is none in this pod.
        { name: ENV.migrationsDir, value: "" },
      ],
      mounts: ca.mounts,
    },
    main,
    volumes: [
      { name: "tmp", emptyDir: {} },
      ...(runner.mount === undefined
        ? []
        : [
            {
              name: "migrations",
              configMap: { name: args.configMap, items: [...runner.mount.delivery.items] },
            },
          ]),
      ...ca.volumes,
    ],
    resources: database.resources,
    deadlineSeconds: database.deadlineSeconds,
    retries,
    ...(database.pod !== undefined && { pod: database.pod }),
  });
}

function buildEnvFrom(
  source: ForeignRunnerSpec["envFrom"][number],
): types.input.core.v1.EnvFromSource {
  return "secret" in source
    ? { secretRef: { name: source.secret } }
    : { configMapRef: { name: source.configMap } };
}
