import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SCHEMA_FILE, type SchemaRequirement } from "@tidegate/migrator/contract";
import type { DatabaseSpec, ServiceSpec } from "../config/spec.ts";
import { DatabaseBackup } from "./database-backup.ts";
import { buildServiceVersions } from "./service-versions.ts";
import { Gate } from "./gate.ts";
import { silenceHook } from "./job-silence.ts";
import { createJobAccount } from "./job-account.ts";
import { buildLabels } from "./labels.ts";
import { buildByHand } from "./manual-run.ts";
import { COMMIT_ANNOTATION } from "./job-annotations.ts";
import { MigrationFiles } from "./migration-files.ts";
import { buildMigrationJob, migrationDigest, type MigrationJobArgs } from "./migration-job.ts";
import { describeRun, type MigrationRun } from "./migration-run.ts";
import type { Notifications } from "./notifications.ts";
import type { Placement } from "./placement.ts";
import { JOB_REPLACE_ON_CHANGES } from "./runner-job.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { loweredHook, ScaleDown } from "./scale-down.ts";
import type { ServiceDatabase } from "./service-database.ts";
import { VolumeSnapshot } from "./volume-snapshot.ts";

export interface MigrationArgs {
  /** The database and how it is migrated. Any change of migrations or settings runs a new Job. */
  readonly database: DatabaseSpec;
  /** `expand` runs before the rollout of its services, `contract` after it. */
  readonly phase: "expand" | "contract";
  /** The database's roles and Secret. */
  readonly access: ServiceDatabase;
  readonly server: PostgresServer;
  /** The runner's image; a change runs a new Job. */
  readonly image: string;
  /** What has to be there first: the image, other databases' Jobs, and of `contract` the rollouts. */
  readonly after: readonly pulumi.Resource[];
  /** Where the Job goes, with its account and files. */
  readonly place: Placement;
  /** Where the services are, whose pods mount what their gate waits for; default: where the Job is. */
  readonly gatePlace?: Placement;
  /** Hears of what the Job does; default: nobody. */
  readonly notifications?: Notifications;
  /** Of `contract`: the services that may be connected to the database meanwhile. */
  readonly services?: readonly ServiceSpec[];
  /** Commit that is deployed, for the history; no reason to run a Job again. */
  readonly commit?: string;
  /** Services that are taken to 0 replicas before each new Job; default none. */
  readonly lowers?: readonly string[];
}

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
    const saved = this.prepareBackup(name, args, { digest, serviceAccountName, labels });
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
    const facts = { database: database.name, phase: args.phase, version: newestOf(args) };
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

  /** What the Job waits for besides, so that a backup can be taken, or is taken. */
  private prepareBackup(
    name: string,
    { database, phase, access, server, after, place }: MigrationArgs,
    made: {
      readonly digest: string;
      readonly serviceAccountName: string;
      readonly labels: Readonly<Record<string, string>>;
    },
  ): readonly pulumi.Resource[] {
    const { backup } = database;
    const { digest, labels, serviceAccountName: serviceAccount } = made;
    if (backup === undefined) return [];
    if (backup.kind === "snapshot") {
      const needs = [...access.ready, ...after];
      const shared = { snapshot: backup, digest, labels, place };
      const options = { parent: this };
      return [new VolumeSnapshot(`${name}-snapshot`, { ...shared, after: needs }, options).ready];
    }
    // The Job of the other phase writes to the same place.
    if (phase === "contract") return [];
    return new DatabaseBackup(
      `${name}-backup`,
      {
        database,
        backup,
        secret: access.migratorConnection,
        server: server.pods,
        serviceAccount,
        labels,
        place,
      },
      { parent: this },
    ).ready;
  }
}

function newestOf({ database, phase }: MigrationArgs): string {
  const keeps = database.pinned?.keeps;
  const names = database.migrations.migrations.filter(
    (entry) => entry.phase === phase && (keeps?.includes(entry.name) ?? true),
  );
  return names.at(-1)?.name ?? "none";
}

/** What the pods of the database's services wait for. */
export function buildSchema(database: DatabaseSpec, migration: string): SchemaRequirement {
  const keeps = database.pinned?.keeps;
  return {
    format: 1,
    database: database.name,
    command: `pulumi up --replace '**::${migration}-job'`,
    migrations: database.migrations.migrations
      .filter((entry) => entry.phase === "expand")
      .map((entry) => entry.name)
      .filter((entry) => keeps?.includes(entry) ?? true),
    ...(database.pinned !== undefined && keeps === undefined && { upTo: "applied" }),
  };
}
