import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SCHEMA_FILE } from "@tidegate/migrator/contract";
import type { MigrationJobArgs } from "./database-job.ts";
import { Gate } from "./gate.ts";
import { createJobAccount } from "./job-account.ts";
import { COMMIT_ANNOTATION } from "./job-annotations.ts";
import { silenceHook } from "./job-silence.ts";
import { buildLabels } from "./labels.ts";
import { buildByHand } from "./manual-run.ts";
import type { MigrationArgs } from "./migration-args.ts";
import { createBackup } from "./migration-backup.ts";
import { MigrationFiles } from "./migration-files.ts";
import { buildMigrationJob, migrationDigest } from "./migration-job.ts";
import { describeRun, type MigrationRun } from "./migration-run.ts";
import { buildSchema, newestMigration } from "./migration-schema.ts";
import { JOB_REPLACE_ON_CHANGES } from "./runner-job.ts";
import { loweredHook, ScaleDown } from "./scale-down.ts";
import { buildServiceVersions } from "./service-versions.ts";

/** Migrates one database in a Job, and holds the gate that its services wait for. */
export class Migration extends pulumi.ComponentResource {
  readonly gate: Gate;
  /** What the Job did. */
  readonly run: pulumi.Output<MigrationRun>;
  /** What another Job on the same database is made of; such a one migrates also where this only looks. */
  readonly jobArgs: MigrationJobArgs;
  /** What the pod of such a Job needs to be there. */
  readonly needs: readonly pulumi.Resource[];
  /** The migrations that it mounts. */
  readonly files: MigrationFiles;

  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:Migration", name, {}, opts);
    const { database, place, server } = args;
    const namespace = place.namespaceReady;
    const part = `${database.kubeName}${args.phase === "expand" ? "" : "-contract"}`;
    const labels = buildLabels({
      platform: place.platform,
      name: database.kubeName,
      component: "migration",
      database: database.name,
    });
    const target = `**::${name.replace(/-migration$/, "")}-*`;
    const files = new MigrationFiles(
      `${name}-files`,
      { database: database.name, target, namespace, labels, data: database.delivery.files },
      { parent: this },
    );
    const gatePlace = args.gatePlace ?? place;
    const { account } = database;
    const serviceAccountName = account?.name ?? `${part}-migration`;
    // A cloud knows an account by its name, so that both phases use the one that the first makes.
    const made = account === undefined || (account.create && args.phase === "expand");
    const accounts = !made
      ? []
      : [
          createJobAccount(
            `${name}-account`,
            { name: serviceAccountName, namespace, labels, ...account },
            { parent: this },
          ),
        ];
    const versionsName = `${part}-services`;
    const versions =
      args.services === undefined
        ? []
        : [
            new k8s.core.v1.ConfigMap(
              `${name}-services`,
              {
                metadata: { name: versionsName, namespace, labels },
                data: buildServiceVersions(args.services, gatePlace.namespace),
              },
              { parent: this },
            ),
          ];
    const jobArgs = {
      database,
      phase: args.phase,
      image: args.image,
      server: server.pods,
      secret: args.access.migratorConnection,
      files,
      serviceAccount: serviceAccountName,
      labels,
      ...(args.commit !== undefined && { commit: args.commit }),
      ...(versions.length > 0 && { servicesConfigMap: versionsName }),
      ...(args.notifications !== undefined && {
        notifyEnv: args.notifications.env(database.name),
      }),
    };
    const ownArgs =
      database.strategy === "manual"
        ? { ...jobArgs, byHand: buildByHand(database, args.phase, place.namespace) }
        : jobArgs;
    const digest = migrationDigest(ownArgs);
    const webhook = args.notifications === undefined ? [] : [args.notifications.secret];
    this.jobArgs = jobArgs;
    this.files = files;
    this.needs = [...args.access.ready, files.configMap, ...accounts, ...webhook, ...versions];
    const saved = createBackup(
      name,
      args,
      { digest, serviceAccount: serviceAccountName, labels },
      { parent: this },
    );
    const lowered =
      args.lowers === undefined || args.lowers.length === 0
        ? []
        : new ScaleDown(
            `${name}-maintenance`,
            {
              services: args.lowers,
              mark: digest,
              after: [...this.needs, ...args.after],
              place: gatePlace,
            },
            { parent: this },
          ).done;
    const job = new k8s.batch.v1.Job(
      `${name}-job`,
      // No name: Pulumi makes one, so that a Job can be replaced although Kubernetes has the old one.
      { metadata: { namespace, labels }, spec: buildMigrationJob(ownArgs, digest) },
      {
        parent: this,
        dependsOn: [...this.needs, ...args.after, ...saved, ...lowered],
        replaceOnChanges: JOB_REPLACE_ON_CHANGES,
        hooks: {
          ...files.hooks,
          onError: [
            silenceHook(`${name}-job`, this, {
              image: args.image,
              database: database.name,
              namespace: place.namespace,
              resources: database.resources,
            }),
            ...(lowered.length === 0 ? [] : [loweredHook(`${name}-job`, this, database.name)]),
          ],
        },
        // The commit of the deploy that made the Job; a later one is no reason to run it again.
        ignoreChanges: [`spec.template.metadata.annotations["${COMMIT_ANNOTATION}"]`],
        ...(args.access.replacedWith !== undefined && { replaceWith: [args.access.replacedWith] }),
      },
    );
    const facts = {
      database: database.name,
      phase: args.phase,
      version: newestMigration(database, args.phase),
    };
    this.run = pulumi
      .all([job.metadata.name, job.status])
      .apply(([jobName, status]) => describeRun(facts, jobName, status));
    const schemaName = `${part}-schema`;
    const schema = new k8s.core.v1.ConfigMap(
      `${name}-schema`,
      {
        metadata: { name: schemaName, namespace: gatePlace.namespaceReady, labels },
        data: { [SCHEMA_FILE]: JSON.stringify(buildSchema(database, name), null, 2) },
      },
      // After the Job: a failed migration must not hold an old pod that restarts.
      { parent: this, dependsOn: [job] },
    );
    this.gate = new Gate({
      kind: "job",
      database: database.name,
      job,
      digest,
      schema,
      schemaName,
      targets: [target],
      logs: `kubectl logs --namespace ${place.namespace} -l app.kubernetes.io/component=migration,tidegate.dev/database=${database.name} --all-containers --tail=-1`,
    });
    this.registerOutputs();
  }
}
