import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { RollbackSpec } from "../config/spec.ts";
import { Gate } from "./gate.ts";
import type { MigrationJobArgs } from "./database-job.ts";
import type { MigrationFiles } from "./migration-files.ts";
import type { Placement } from "./placement.ts";
import { afterFailure, buildRollbackJob, rollbackDigest } from "./rollback-job.ts";
import { JOB_REPLACE_ON_CHANGES } from "./runner-job.ts";
import { ScaleDown } from "./scale-down.ts";

export interface RollbackArgs {
  /** How far back, and what may be lost. A change runs another Job; the same target undoes nothing twice. */
  readonly rollback: RollbackSpec;
  /** What Jobs of the database are made of. */
  readonly jobArgs: MigrationJobArgs;
  /** What they mount; where it was left out of an update, so are they. */
  readonly files: Pick<MigrationFiles, "hooks">;
  /** What has to be there first: the database's gate, and without `scaleDown` the rollouts of its services. */
  readonly after: readonly pulumi.Resource[];
  /** Services of the database, by name. */
  readonly services: readonly string[];
  /** Where the Jobs go. */
  readonly place: Placement;
  /** Where the services are. */
  readonly servicesPlace: Placement;
}

/** Brings one database back to an older version, once, however often the stack is deployed. */
export class Rollback extends pulumi.ComponentResource {
  /** The completed rollback: what is rolled out only after it depends on this. */
  readonly gate: Gate;

  constructor(name: string, args: RollbackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:Rollback", name, {}, opts);
    const { rollback, place } = args;
    const digest = rollbackDigest(args.jobArgs, rollback);
    // "The last batch" is another one after each run. An order lives as long as the key stands.
    const order =
      rollback.to === "last-batch"
        ? new random.RandomId(`${name}-order`, { byteLength: 4 }, { parent: this }).hex
        : undefined;
    const job = (suffix: string, dryRun: boolean, after: readonly pulumi.Resource[]) =>
      new k8s.batch.v1.Job(
        `${name}-${suffix}`,
        {
          metadata: { namespace: place.namespaceReady, labels: { ...args.jobArgs.labels } },
          spec: buildRollbackJob(args.jobArgs, { rollback, digest, dryRun, order }),
        },
        {
          parent: this,
          dependsOn: [...after],
          replaceOnChanges: JOB_REPLACE_ON_CHANGES,
          hooks: {
            ...args.files.hooks,
            onError: [failureHook(`${name}-${suffix}`, this, rollback, dryRun)],
          },
          ignoreChanges: ['spec.template.metadata.annotations["tidegate.dev/commit"]'],
        },
      );
    const before = rollback.scaleDown
      ? new ScaleDown(
          `${name}-scale-down`,
          // Looked at first: no service goes down for a rollback that is refused.
          {
            services: args.services,
            mark: digest,
            after: [job("check", true, args.after)],
            place: args.servicesPlace,
          },
          { parent: this },
        ).done
      : args.after;
    const done = job("job", false, before);
    this.gate = new Gate({
      kind: "job",
      database: rollback.database,
      job: done,
      digest,
      schemaName: "",
      targets: [`**::${name}-*`],
      logs: `kubectl logs --namespace ${place.namespace} -l tidegate.dev/run=rollback,tidegate.dev/database=${rollback.database} --all-containers --tail=-1`,
    });
    this.registerOutputs();
  }
}

/** Says beside the runner's verdict what became of the services, and both ways on. */
function failureHook(
  name: string,
  speaker: pulumi.Resource,
  rollback: RollbackSpec,
  dryRun: boolean,
): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-failure`, async () => {
    await pulumi.log.warn(afterFailure(rollback, dryRun), speaker);
    return false;
  });
}
