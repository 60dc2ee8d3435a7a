import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { RollbackSpec } from "../config/spec.ts";
import { buildDatabaseJob, type MigrationJobArgs, VERDICT_FILE } from "./database-job.ts";
import { digestOf } from "./digest.ts";
import { DIGEST_ANNOTATION } from "./job-annotations.ts";
import { buildBounds, REPORT_SECONDS } from "./migration-command.ts";

/** Variable of the container that Kubernetes puts into its arguments: an order is known in the `up` only. */
const ORDER = "ROLLBACK_ORDER";

export interface RollbackRun {
  readonly rollback: RollbackSpec;
  /** Its {@link rollbackDigest}. */
  readonly digest: string;
  /** Only looks, and refuses what would be refused. */
  readonly dryRun: boolean;
  /** Name of the order to undo the last batch. */
  readonly order?: pulumi.Input<string> | undefined;
}

/** What a rollback is made of, in a few digits. New migrations in the folder are no reason to run it again. */
export function rollbackDigest(args: MigrationJobArgs, rollback: RollbackSpec): string {
  const { database, to, allowDataLoss, delaySeconds } = rollback;
  return digestOf({
    rollback: { database, to, allowDataLoss, delaySeconds },
    image: args.image,
    server: { host: args.server.host, port: args.server.port },
    run: args.database.run,
  });
}

/** The Job that says where a database is, what would be lost, waits, goes back, and says where it is then. */
export function buildRollbackJob(
  args: MigrationJobArgs,
  { rollback, digest, dryRun, order }: RollbackRun,
): types.input.batch.v1.JobSpec {
  const deadline = args.database.deadlineSeconds + rollback.delaySeconds;
  return buildDatabaseJob(args, {
    annotations: { [DIGEST_ANNOTATION]: digest },
    labels: { "tidegate.dev/run": "rollback" },
    main: {
      name: "rollback",
      args: [
        "down",
        ...(order === undefined
          ? ["--to", rollback.to]
          : ["--last-batch", "--order", `$(${ORDER})`]),
        ...(rollback.allowDataLoss ? ["--allow-data-loss"] : []),
        ...(dryRun ? ["--dry-run"] : ["--delay", String(rollback.delaySeconds)]),
        "--expect-owner",
        "--verdict",
        VERDICT_FILE,
        ...buildBounds(args.database, deadline - REPORT_SECONDS),
      ],
      ...(order !== undefined && { env: [{ name: ORDER, value: order }] }),
    },
    deadlineSeconds: deadline,
  });
}

/** What became of the services when a rollback failed, and how to go on. */
export function afterFailure(rollback: RollbackSpec, dryRun: boolean): string {
  const { database, scaleDown } = rollback;
  const services = dryRun
    ? "Its services were not touched"
    : scaleDown
      ? "Its services are at 0 replicas"
      : "Its services run on the images that the stack names";
  const giveUp =
    scaleDown && !dryRun
      ? "remove tidegate:rollback and run `pulumi up`, then `pulumi up --refresh` for all replicas"
      : "remove tidegate:rollback and run `pulumi up`";
  return (
    `the rollback of database '${database}' did not complete. ${services}. ` +
    "Correct what the Job says (where data is to be lost, with `allowDataLoss: true`) and run " +
    `\`pulumi up\` again; or, to give it up, ${giveUp}.`
  );
}
