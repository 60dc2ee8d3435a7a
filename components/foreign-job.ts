import type { types } from "@pulumi/kubernetes";
import { ENV } from "@tidegate/migrator/contract";
import { buildCaMount, buildRunnerEnv } from "./connection.ts";
import { digestOf } from "./digest.ts";
import {
  buildForeignContainer,
  buildForeignRollbackContainer,
  type ForeignJobArgs,
} from "./foreign-container.ts";
import { sealOption } from "./foreign-schema.ts";
import { DIGEST_ANNOTATION } from "./job-annotations.ts";
import { inDigest } from "./migration-files.ts";
import { buildRunnerJob, type RunnerContainer } from "./runner-job.ts";

/** What a Job of the tool is made of, in a few digits, its folder of migrations included. */
export function foreignDigest(args: ForeignJobArgs): string {
  const plain = args.files === undefined ? args : { ...args, files: inDigest(args.files) };
  return digestOf({
    job: buildForeignJob(plain, ""),
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
      ...(runner.mount === undefined || args.files === undefined
        ? []
        : [
            {
              name: "migrations",
              configMap: { name: args.files.name, items: [...runner.mount.delivery.items] },
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
