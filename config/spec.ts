import type { MigrationBundle } from "@tidegate/migrator/bundle";
import type { AccountSpec, PodSettings, SidecarSpec } from "./pod-settings.ts";
import type { ForeignRunnerSpec } from "./runner-spec.ts";

/**
 * The description of a platform after parsing: plain data, complete, with every default applied and
 * every reference resolved. `components/` and `local/` read nothing else.
 */
export interface PlatformSpec {
  /** The project's name, `app.kubernetes.io/part-of` of everything. */
  readonly name: string;
  /** The stack's name. */
  readonly stack: string;
  readonly namespace: { readonly name: string; readonly create: boolean };
  /** The kube context that this stack touches: the current one, already compared with what is allowed. */
  readonly context: string;
  readonly images: {
    /** Runs `pre-flight-check`, `migrate` and `bootstrap`. */
    readonly migrator: ImageSpec;
    /** Runs `schema-gate` in services' pods; a change of it rolls every service. */
    readonly gate: ImageSpec;
  };
  readonly server: ServerSpec;
  readonly provisioning: "provider" | "job";
  readonly passwords: "verifier" | "plain";
  /** In the order in which they are declared. */
  readonly databases: readonly DatabaseSpec[];
  readonly services: readonly ServiceSpec[];
  /** A database that goes back and stays there; absent: none. */
  readonly rollback?: RollbackSpec;
  /** Commit that is deployed, for the history; absent where none is known. */
  readonly commit?: string;
  /** Namespace of the Jobs with their Secrets and files; absent: that of everything. */
  readonly migrationNamespace?: { readonly name: string; readonly create: boolean };
  /** Whether NetworkPolicies hold pods to what they need; absent: none is made. */
  readonly networkPolicies?: boolean;
  readonly monitoring?: MonitoringSpec;
  readonly notifications?: NotificationsSpec;
}

/** Alerts and a dashboard; each is made where it stands here. */
export interface MonitoringSpec {
  readonly prometheusRule?: { readonly labels: Readonly<Record<string, string>> };
  readonly grafanaDashboard?: { readonly labels: Readonly<Record<string, string>> };
  /** Share of a Job's deadline after which it is overlong. */
  readonly longAfter: number;
}

export interface NotificationsSpec {
  /** Configuration key of the webhook's URL (`PlatformSecrets.values`). */
  readonly webhook: string;
  readonly on: readonly ("success" | "failure")[];
}

/** An image whose reference is a plain string before anything is built. */
export interface ImageSpec {
  /** For a pod: `repository@sha256:…`, or `repository:<digest of the build context>` where it is built here. */
  readonly reference: string;
  readonly build?: ImageBuildSpec;
}

export interface ImageBuildSpec {
  /** Logical name of the image's resource, for example `migrator`; images with one reference share it. */
  readonly name: string;
  /** Folder, relative to the project. */
  readonly context: string;
  /** File, relative to the project. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  readonly platform?: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ServerSpec {
  readonly kind: "docker" | "cluster" | "external";
  /** Major version of Postgres. */
  readonly version: number;
  /** Where the deployer reaches it; absent where it cannot (provisioning is `job` then). */
  readonly deployer?: Address;
  /**
   * Where pods reach it. Absent for `cluster`, and for `docker` unless the spec names it: the component
   * makes a Kubernetes Service of a stable name.
   */
  readonly pods?: Address;
  readonly tls: TlsSpec;
  /** Sidecar of every pod that connects, through which it reaches the server; `pods` is its address then. */
  readonly proxy?: SidecarSpec;
  /** Existing account of the Jobs that make databases and roles; absent: `default`. */
  readonly account?: string;
  /** The admin: its password is a secret and no part of this description. */
  readonly admin: {
    readonly user: string;
    readonly database: string;
    /** How often its password was renewed; absent: never. */
    readonly passwordGeneration?: number;
    /** The Secret that somebody else keeps; absent: the password is the stack's. */
    readonly existingSecret?: ExistingSecretSpec;
  };
  /** Kind `docker`: the image, the network that the container joins, the port published on 127.0.0.1. */
  readonly docker?: {
    readonly image: string;
    readonly network?: string;
    readonly publishedPort: number;
  };
  /** Kind `cluster`: the StatefulSet's image and volume. */
  readonly cluster?: {
    readonly image: string;
    /** Existing Secrets with logins of registries. */
    readonly imagePullSecrets?: readonly string[];
    readonly storage: string;
    readonly storageClass?: string;
    readonly resources: ResourcesSpec;
  };
}

export interface TlsSpec {
  readonly mode: "verify-full" | "verify-ca" | "disable";
  /** PEM text of the authority, public. Absent: the authorities that the image trusts. */
  readonly ca?: string;
  /** The file that it was read from, relative to the project, for the provider. */
  readonly caFile?: string;
  /** Name that the certificate must carry, where it is not the host's. */
  readonly serverName?: string;
}

/** A Secret that somebody else keeps, in the platform's namespace. */
export interface ExistingSecretSpec {
  readonly name: string;
  /** Part of the connection → key of the Secret: `url`, or `username` and `password`, and maybe more. */
  readonly keys: Readonly<Partial<Record<ConnectionKey, string>>>;
}

/** Kubernetes quantities, for example `{ requests: { cpu: "50m" }, limits: { memory: "128Mi" } }`. */
export interface ResourcesSpec {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface DatabaseSpec {
  /** Name in Postgres. */
  readonly name: string;
  /** The same for Kubernetes: a DNS label, short enough for every name made of it. */
  readonly kubeName: string;
  readonly roles: {
    readonly owner: string;
    readonly migrator: string;
    readonly app: string;
    readonly readonly: string;
  };
  /** What its gate is. */
  readonly strategy: StrategySpec;
  /** Folder of the migrations, relative to the project; empty where another tool migrates and none is named. */
  readonly migrationsDir: string;
  /** Of the built-in runner; empty where another tool migrates. */
  readonly migrations: MigrationBundle;
  /** Another tool that migrates it; absent: the built-in runner. */
  readonly runner?: ForeignRunnerSpec;
  /** The same as files of a ConfigMap. */
  readonly delivery: DeliverySpec;
  /** Bound of the Job, in seconds. */
  readonly deadlineSeconds: number;
  /** How often the runner begins anew after a transient fault that outlasted its own waits. */
  readonly retries: number;
  /** Further pods after one that failed; absent: none. */
  readonly podRetries?: number;
  /** Scheduling, registries and sidecars of its Jobs' pods. */
  readonly pod?: PodSettings;
  /** Account of its Jobs; absent: one is made, without annotations. */
  readonly account?: AccountSpec;
  /** How long each pod looks for the server before it gives up, in seconds. */
  readonly serverWaitSeconds: number;
  /** Bound of all that each pod's run waits for, in seconds. */
  readonly lockWaitSeconds: number;
  /** Bound of each statement, in seconds; absent: the server's own. */
  readonly statementTimeoutSeconds?: number;
  /** Bound of an idle transaction, in seconds. */
  readonly idleInTransactionSeconds: number;
  readonly resources: ResourcesSpec;
  /** Environment of the migration's containers, plain. */
  readonly env: Readonly<Record<string, string>>;
  readonly extensions: readonly string[];
  /** Databases that are migrated before this one. */
  readonly after: readonly string[];
  readonly protect: boolean;
  /** The login that runs migrations; absent: made here, with its first password. */
  readonly migratorLogin?: {
    /** How often its password was renewed; absent: never. */
    readonly passwordGeneration?: number;
    /** The Secret of a login that somebody else keeps; absent: the role is made here. */
    readonly existingSecret?: ExistingSecretSpec;
  };
  /** Taken before a migration; absent: none is. */
  readonly backup?: BackupSpec;
  /** Raised to run the Job again without a change. */
  readonly run: number;
  /** What a database that is ahead of the code means. */
  readonly ahead: "notice" | "refuse";
  /** Migrations older than the newest applied one are applied, and not refused. */
  readonly outOfOrder: boolean;
  /** What a connection of an older version of a service means for a contract migration. */
  readonly olderVersions: "refuse" | "notice";
  /** Its services are taken to 0 replicas before a new Job. */
  readonly maintenance: boolean;
  /** Whether it has suspended CronJobs for runs by hand. */
  readonly manualRuns: boolean;
  /** Set while a rollback of it stands. */
  readonly pinned?: PinSpec;
}

/** One database on its way back. */
export interface RollbackSpec {
  /** Name in Postgres. */
  readonly database: string;
  /** The version that stays: a name, a number, `0` for none; or `last-batch`. */
  readonly to: string;
  readonly allowDataLoss: boolean;
  /** How long the Job announces what it will do, in seconds. */
  readonly delaySeconds: number;
  /** Its services are at 0 replicas meanwhile. */
  readonly scaleDown: boolean;
}

/** How far a database may go while its rollback stands. */
export interface PinSpec {
  /**
   * Names of the folder's migrations that stay, in order. Absent: `last-batch`, of which only the database
   * knows where it led; nothing is run then.
   */
  readonly keeps?: readonly string[];
}

/** What is saved before a migration, and where to. */
export type BackupSpec = DumpSpec | SnapshotSpec;

/** A dump by `pg_dump`. */
export interface DumpSpec {
  readonly kind: "volume" | "s3";
  /** Image with `pg_dump` of the server's major version. */
  readonly image: string;
  /** How many dumps are kept. */
  readonly keep: number;
  /** Kind `volume`: an existing claim, or the one that is made. */
  readonly volume?: {
    readonly claim: string;
    readonly make?: { readonly size: string; readonly storageClass?: string };
  };
  /** Kind `s3`. */
  readonly bucket?: BucketSpec;
}

/** A folder in an S3-compatible bucket. */
export interface BucketSpec {
  readonly bucket: string;
  /** Without a slash at its ends. */
  readonly prefix: string;
  /** Absent: AWS. */
  readonly endpoint?: string;
  readonly region: string;
  /** Keys of an existing Secret; absent: the pod's own rights. */
  readonly credentials?: {
    readonly secret: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** Image with rclone. */
  readonly uploadImage: string;
}

/** A VolumeSnapshot of the server's volume. */
export interface SnapshotSpec {
  readonly kind: "snapshot";
  readonly claim: string;
  readonly class?: string;
}
/**
 * What the gate of a database is: `job` migrates, `manual` only looks whether anything is pending, both
 * in a Job; with `initContainer` and `startup` the pods of the services that write migrate; `disabled`:
 * there is none.
 */
export type StrategySpec = "job" | "manual" | "initContainer" | "startup" | "disabled";

/** Migrations on their way into a pod. */
export interface DeliverySpec {
  /** Content by ConfigMap key; keys are flat. */
  readonly files: Readonly<Record<string, string>>;
  /** Where each key is mounted, relative to the folder of migrations. */
  readonly items: readonly { readonly key: string; readonly path: string }[];
  /** SHA-256 in hex of all of it. */
  readonly digest: string;
}

/** What a connection consists of; each is one key of a Secret. */
export type ConnectionKey =
  | "url"
  | "host"
  | "port"
  | "database"
  | "username"
  | "password"
  | "sslmode"
  | "sslrootcert"
  | "servername"
  | "ssl";

export interface ServiceDatabaseSpec {
  readonly database: string;
  readonly role: "app" | "readonly";
  /** Environment variable → part of the connection; prefixes are applied. */
  readonly env: Readonly<Record<string, ConnectionKey>>;
  /** The Secret of a login that somebody else keeps; absent: the service's own login. */
  readonly existingSecret?: ExistingSecretSpec;
  /** The service's own pods migrate this database; absent: something else does. */
  readonly migrates?: "initContainer" | "startup";
  /** The window that the service declares of this database. */
  readonly schema?: { readonly min?: string; readonly max?: string };
}

export interface ServiceSpec {
  /** A DNS label: names the Deployment, the Service and the login. */
  readonly name: string;
  readonly image: ImageSpec;
  /** `application_name` of its connections: the service and the version of its image. */
  readonly applicationName: string;
  readonly port: number;
  readonly replicas: number;
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable → configuration key of its secret value (`PlatformSecrets.values`). */
  readonly secretEnv: Readonly<Record<string, string>>;
  /** Secrets and ConfigMaps whose keys become variables. */
  readonly envFrom: readonly ({ readonly secret: string } | { readonly configMap: string })[];
  readonly resources: ResourcesSpec;
  readonly probes: ProbesSpec;
  /** Scheduling, registries and sidecars of its pods. */
  readonly pod?: PodSettings;
  /** How long a rollout may make no progress, in seconds. */
  readonly rolloutTimeoutSeconds: number;
  /** `create: false`: an existing account of that name. */
  readonly serviceAccount: AccountSpec;
  readonly databases: readonly ServiceDatabaseSpec[];
  /** The login in use and the one that is locked; absent for a service without a database. */
  readonly logins?: { readonly active: string; readonly locked: string };
  /** How often its password was renewed; absent: never. An odd one has the second login in use. */
  readonly passwordGeneration?: number;
  /** Databases without a connection whose gates hold this service too. */
  readonly waitsFor: readonly string[];
  /** Services that are rolled out before this one, those included whose pods migrate what it reads. */
  readonly after: readonly string[];
  /** How long one try of the pod's gate waits, in seconds. */
  readonly gateTimeoutSeconds: number;
  /** How `npm run dev` starts it; absent: it is not started there. */
  readonly dev?: { readonly command: readonly string[]; readonly directory: string };
}

export interface ProbesSpec {
  /** HTTP path that answers 200 while the process works. */
  readonly liveness: string;
  /** HTTP path that answers 200 when it can serve. */
  readonly readiness: string;
}
