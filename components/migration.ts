import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SCHEMA_FILE, type SchemaRequirement } from "@tidegate/migrator/contract";
import type { DatabaseSpec, ServiceSpec } from "../config/spec.ts";
import { buildServiceVersions } from "./service-versions.ts";
import { Gate } from "./gate.ts";
import { silenceHook } from "./job-silence.ts";
import { buildLabels } from "./labels.ts";
import { buildByHand } from "./manual-run.ts";
import { buildMigrationJob, COMMIT_ANNOTATION, migrationDigest } from "./migration-job.ts";
import type { Placement } from "./placement.ts";
import { JOB_REPLACE_ON_CHANGES } from "./runner-job.ts";
import type { PostgresServer } from "./postgres-server.ts";
import type { ServiceDatabase } from "./service-database.ts";

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
  /** Where the objects go. */
  readonly place: Placement;
  /** Of `contract`: the services that may be connected to the database meanwhile. */
  readonly services?: readonly ServiceSpec[];
  /** Commit that is deployed, for the history; no reason to run a Job again. */
  readonly commit?: string;
}

/** Migrates one database in a Job, and holds the gate that its services wait for. */
export class Migration extends pulumi.ComponentResource {
  readonly gate: Gate;

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
    const configMapName = `${part}-migrations-${database.delivery.digest.slice(0, 10)}`;
    const configMap = new k8s.core.v1.ConfigMap(
      // A name of its own in Kubernetes, one name in the state: a replaced Job that still waits for its
      // deletion must not name a ConfigMap that an update with targets has deleted.
      `${name}-files`,
      {
        metadata: { name: configMapName, namespace, labels },
        immutable: true,
        data: { ...database.delivery.files },
      },
      // After a failed update the one before it would still be there, pending its deletion, and whoever
      // took the failing migration back would be told that it exists.
      { parent: this, deleteBeforeReplace: true },
    );
    const serviceAccountName = `${part}-migration`;
    const serviceAccount = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      {
        metadata: { name: serviceAccountName, namespace, labels },
        automountServiceAccountToken: false,
      },
      { parent: this },
    );
    const versionsName = `${part}-services`;
    const versions =
      args.services === undefined
        ? []
        : [
            new k8s.core.v1.ConfigMap(
              `${name}-services`,
              {
                metadata: { name: versionsName, namespace, labels },
                data: buildServiceVersions(args.services, place.namespace),
              },
              { parent: this },
            ),
          ];
    const jobArgs = {
      database,
      phase: args.phase,
      image: args.image,
      server: server.pods,
      secret: args.access.migratorSecret,
      configMap: configMapName,
      serviceAccount: serviceAccountName,
      labels,
      ...(args.commit !== undefined && { commit: args.commit }),
      ...(versions.length > 0 && { servicesConfigMap: versionsName }),
    };
    const ownArgs =
      database.strategy === "manual"
        ? { ...jobArgs, byHand: buildByHand(database, place.namespace) }
        : jobArgs;
    const digest = migrationDigest(ownArgs);
    const job = new k8s.batch.v1.Job(
      `${name}-job`,
      // No name: Pulumi makes one, so that a Job can be replaced although Kubernetes has the old one.
      { metadata: { namespace, labels }, spec: buildMigrationJob(ownArgs, digest) },
      {
        parent: this,
        dependsOn: [...args.access.ready, configMap, serviceAccount, ...versions, ...args.after],
        replaceOnChanges: JOB_REPLACE_ON_CHANGES,
        hooks: {
          onError: [
            silenceHook(`${name}-job`, this, {
              image: args.image,
              database: database.name,
              namespace: place.namespace,
              resources: database.resources,
            }),
          ],
        },
        // The commit of the deploy that made the Job; a later one is no reason to run it again.
        ignoreChanges: [`spec.template.metadata.annotations["${COMMIT_ANNOTATION}"]`],
        ...(args.access.replacedWith !== undefined && { replaceWith: [args.access.replacedWith] }),
      },
    );
    const schemaName = `${part}-schema`;
    const schema = new k8s.core.v1.ConfigMap(
      `${name}-schema`,
      {
        metadata: { name: schemaName, namespace, labels },
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
      targets: [`**::${name.replace(/-migration$/, "")}-*`],
      logs: `kubectl logs --namespace ${place.namespace} -l app.kubernetes.io/component=migration,tidegate.dev/database=${database.name} --all-containers --tail=-1`,
    });
    this.registerOutputs();
  }
}

/** What the pods of the database's services wait for. */
export function buildSchema(database: DatabaseSpec, migration: string): SchemaRequirement {
  return {
    format: 1,
    database: database.name,
    command: `pulumi up --replace '**::${migration}-job'`,
    migrations: database.migrations.migrations
      .filter((entry) => entry.phase === "expand")
      .map((entry) => entry.name),
  };
}
