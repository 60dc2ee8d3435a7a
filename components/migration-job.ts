import type { types } from "@pulumi/kubernetes";
import { type BackupPod, buildDump } from "./backup-pod.ts";
import { buildCaMount } from "./connection.ts";
import { ASK_FOR_BACKUP, buildDatabaseJob, type MigrationJobArgs } from "./database-job.ts";
import { digestOf } from "./digest.ts";
import { DIGEST_ANNOTATION } from "./job-annotations.ts";
import { buildStatusCommand, buildUpCommand } from "./migration-command.ts";
import { inDigest } from "./migration-files.ts";

/**
 * What a Job is made of, in a few digits. Only plain values are in it: one that depended on an output
 * would be unknown in a preview.
 */
export function migrationDigest(args: MigrationJobArgs): string {
  const { commit: _commit, ...rest } = args;
  return digestOf({
    job: buildMigrationJob({ ...rest, files: inDigest(args.files) }, ""),
    // Another server is another database, which nobody has migrated.
    server: { host: args.server.host, port: args.server.port },
    run: args.database.run,
  });
}

/**
 * The Job that brings one database to the newest migration of one phase.
 *
 * @param digest its {@link migrationDigest}.
 */
export function buildMigrationJob(
  args: MigrationJobArgs,
  digest: string,
): types.input.batch.v1.JobSpec {
  const { database, byHand, phase } = args;
  const shared = {
    annotations: { [DIGEST_ANNOTATION]: digest },
    deadlineSeconds: database.deadlineSeconds,
  };
  if (runsNothing(args)) {
    const name = byHand === undefined ? "migrate" : "status";
    return buildDatabaseJob(args, { ...shared, main: { name, args: ["wait", "--expect-owner"] } });
  }
  if (byHand !== undefined) {
    const command = buildStatusCommand(phase, byHand);
    return buildDatabaseJob(args, { ...shared, main: { name: "status", args: command } });
  }
  const dump = dumpOf(args);
  return buildDatabaseJob(args, {
    ...shared,
    ...(dump !== undefined && { dump }),
    main: {
      name: "migrate",
      args: buildUpCommand(args, dump === undefined ? [] : ASK_FOR_BACKUP),
      ...(args.notifyEnv !== undefined && { env: args.notifyEnv }),
    },
  });
}

/**
 * Whether a rollback stands whose target only the database knows, or that is everything: nothing is run
 * then, the state is said. Nor does anybody look for what is pending where somebody migrates by hand: what
 * the rollback undid is.
 */
function runsNothing({ database: { pinned }, byHand }: MigrationJobArgs): boolean {
  if (pinned === undefined) return false;
  return byHand !== undefined || pinned.keeps?.at(-1) === undefined;
}

/** What takes the dump; undefined where none is asked for. A snapshot is no part of the pod: the Job waits for it. */
function dumpOf({ database, secret, server }: MigrationJobArgs): BackupPod | undefined {
  const { backup, resources } = database;
  if (backup === undefined || backup.kind === "snapshot") return undefined;
  const { mounts: caMounts } = buildCaMount(server.caConfigMap);
  return buildDump({ backup, secret, server, resources, caMounts });
}
