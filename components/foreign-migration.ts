import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SCHEMA_FILE } from "@tidegate/migrator/contract";
import type { ForeignRunnerSpec } from "../config/spec.ts";
import type { ForeignJobArgs } from "./foreign-container.ts";
import { buildEndJob } from "./foreign-end-job.ts";
import { buildForeignJob, foreignDigest } from "./foreign-job.ts";
import { createForeignRollback } from "./foreign-rollback.ts";
import { buildForeignSchema } from "./foreign-schema.ts";
import { foreignSilenceHook } from "./foreign-silence.ts";
import { Gate } from "./gate.ts";
import { createJobAccount } from "./job-account.ts";
import { buildLabels } from "./labels.ts";
import type { MigrationArgs } from "./migration-args.ts";
import { MigrationFiles } from "./migration-files.ts";
import { JOB_REPLACE_ON_CHANGES } from "./runner-job.ts";
import type { ToolGateArgs } from "./tool-gate.ts";

export interface ForeignMigrationArgs extends Omit<MigrationArgs, "phase" | "commit"> {
  /** The tool. Any change of its image, words or migrations runs a new Job. */
  readonly runner: ForeignRunnerSpec;
  /** The kube context of the stack, for the words of a check that has failed. */
  readonly context: string;
  /** Values of its `secretEnv` by variable. A change alters the Secret and runs no Job. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

/** Migrates one database with another tool than the built-in runner, and holds the same gate. */
export class ForeignMigration extends pulumi.ComponentResource {
  readonly gate: Gate;

  constructor(name: string, args: ForeignMigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ForeignMigration", name, {}, opts);
    const { database, runner, place } = args;
    const { account } = database;
    const part = database.kubeName;
    const namespace = place.namespaceReady;
    const labelled = (component: "migration" | "rollback"): Record<string, string> =>
      buildLabels({ platform: place.platform, name: part, component, database: database.name });
    const labels = labelled("migration");
    const rerun = `pulumi up --replace '**::${name}-job'`;
    const target = `**::${name.replace(/-migration$/, "")}-*`;
    const arrives = buildForeignSchema(database, runner, helpAtEnd(runner));
    const files =
      runner.mount === undefined && arrives === undefined
        ? undefined
        : new MigrationFiles(
            `${name}-files`,
            {
              database: database.name,
              target,
              namespace,
              labels,
              data: { ...runner.mount?.delivery.files, ...dataOf(arrives) },
            },
            { parent: this },
          );
    const jobArgs: ForeignJobArgs = {
      database,
      runner,
      image: args.image,
      server: args.server.pods,
      secret: args.access.migratorConnection,
      ...(files !== undefined && { files }),
      secretEnvName: `${part}-runner-env`,
      serviceAccount: account?.name ?? `${part}-migration`,
      labels,
    };
    const needs: pulumi.Resource[] = files === undefined ? [] : [files.configMap];
    if (account === undefined || account.create) {
      needs.push(
        createJobAccount(
          `${name}-account`,
          { name: jobArgs.serviceAccount, namespace, labels, ...account },
          { parent: this },
        ),
      );
    }
    if (Object.keys(args.secrets).length > 0) {
      needs.push(
        new k8s.core.v1.Secret(
          `${name}-env`,
          {
            metadata: { name: jobArgs.secretEnvName, namespace, labels },
            stringData: { ...args.secrets },
          },
          { parent: this },
        ),
      );
    }
    const options: pulumi.CustomResourceOptions = {
      parent: this,
      replaceOnChanges: JOB_REPLACE_ON_CHANGES,
      ...(args.access.replacedWith !== undefined && { replaceWith: [args.access.replacedWith] }),
    };
    const digest = foreignDigest(jobArgs);
    const job = new k8s.batch.v1.Job(
      `${name}-job`,
      { metadata: { namespace, labels }, spec: buildForeignJob(jobArgs, digest) },
      {
        ...options,
        dependsOn: [...args.access.ready, ...needs, ...args.after],
        hooks: {
          ...files?.hooks,
          onError: [
            foreignSilenceHook(`${name}-job`, this, {
              image: runner.image.reference,
              database: database.name,
              namespace: place.namespace,
              context: args.context,
              deadlineSeconds: database.deadlineSeconds,
            }),
          ],
        },
      },
    );
    const known = buildForeignSchema(database, runner, rerun);
    const schemaName = `${part}-schema`;
    const end =
      files === undefined || known === undefined
        ? job
        : new k8s.batch.v1.Job(
            // As long as `-job`: a Job's name has 63 characters.
            `${name}-end`,
            { metadata: { namespace, labels }, spec: buildEndJob({ ...jobArgs, files }, digest) },
            { ...options, dependsOn: [job], hooks: files.hooks },
          );
    const schema =
      known === undefined
        ? undefined
        : new k8s.core.v1.ConfigMap(
            `${name}-schema`,
            {
              metadata: {
                name: schemaName,
                namespace: (args.gatePlace ?? place).namespaceReady,
                labels,
              },
              data: dataOf(known),
            },
            // After the Job: a failed migration must not hold an old pod that restarts.
            { parent: this, dependsOn: [end] },
          );
    createForeignRollback(
      `${name}-rollback`,
      { ...jobArgs, labels: labelled("rollback") },
      namespace,
      // After the Job: what takes back the last good migration stays until the next one is good.
      { parent: this, dependsOn: [end], ...(files !== undefined && { hooks: files.hooks }) },
    );
    this.gate = new Gate({
      kind: "job",
      database: database.name,
      job: end,
      digest,
      ...(schema !== undefined && { schema }),
      schemaName,
      ...toolGateOf(runner),
      targets: [target],
      logs: `kubectl logs --namespace ${place.namespace} -l app.kubernetes.io/component=migration,tidegate.dev/database=${database.name} --all-containers --tail=-1`,
    });
    this.registerOutputs();
  }
}

function dataOf(schema: object | undefined): Record<string, string> {
  return schema === undefined ? {} : { [SCHEMA_FILE]: JSON.stringify(schema, null, 2) };
}

/** What helps where the tool ended well and a migration is missing all the same. */
function helpAtEnd({ mount }: ForeignRunnerSpec): string {
  return mount === undefined
    ? "the tool ended without an error and did not record it: build its image with these files (or set runner.mount), and see in the log of the Job why it skipped them"
    : `the tool ended without an error and did not record it: see in the log of the Job whether it reads ${mount.path}`;
}

function toolGateOf(runner: ForeignRunnerSpec): { readonly tool?: ToolGateArgs } {
  const { gate, connection, env, user } = runner;
  if (gate.by !== "command") return {};
  return { tool: { command: gate.command, image: gate.image.reference, connection, env, user } };
}
