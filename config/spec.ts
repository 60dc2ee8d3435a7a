import type { MigrationBundle } from "@tidegate/migrator/bundle";

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
  /** The admin: its password is a secret and no part of this description. */
  readonly admin: { readonly user: string; readonly database: string };
  /** Kind `docker`: the image, the network that the container joins, the port published on 127.0.0.1. */
  readonly docker?: {
    readonly image: string;
    readonly network?: string;
    readonly publishedPort: number;
  };
  /** Kind `cluster`: the StatefulSet's image and volume. */
  readonly cluster?: {
    readonly image: string;
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
  readonly strategy: "job";
  /** Folder of the migrations, relative to the project. */
  readonly migrationsDir: string;
  readonly migrations: MigrationBundle;
  /** The same as files of a ConfigMap. */
  readonly delivery: DeliverySpec;
  /** Bound of the Job, in seconds. */
  readonly deadlineSeconds: number;
  /** Further pods after one that died. */
  readonly retries: number;
  readonly resources: ResourcesSpec;
  /** Environment of the migration's containers, plain. */
  readonly env: Readonly<Record<string, string>>;
  readonly extensions: readonly string[];
  /** Databases that are migrated before this one. */
  readonly after: readonly string[];
  readonly protect: boolean;
  /** Raised to run the Job again without a change. */
  readonly run: number;
  /** What a database that is ahead of the code means. */
  readonly ahead: "notice" | "refuse";
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
  /** The window that the service declares of this database. */
  readonly schema?: { readonly min?: string; readonly max?: string };
}

export interface ServiceSpec {
  /** A DNS label: names the Deployment, the Service and the login. */
  readonly name: string;
  readonly image: ImageSpec;
  readonly port: number;
  readonly replicas: number;
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable → configuration key of its secret value (`PlatformSecrets.values`). */
  readonly secretEnv: Readonly<Record<string, string>>;
  /** Secrets and ConfigMaps whose keys become variables. */
  readonly envFrom: readonly ({ readonly secret: string } | { readonly configMap: string })[];
  readonly resources: ResourcesSpec;
  readonly probes: ProbesSpec;
  /** How long a rollout may make no progress, in seconds. */
  readonly rolloutTimeoutSeconds: number;
  /** `create: false`: an existing account of that name. */
  readonly serviceAccount: {
    readonly name: string;
    readonly create: boolean;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly databases: readonly ServiceDatabaseSpec[];
  /** The login in use and the one that is locked; absent for a service without a database. */
  readonly logins?: { readonly active: string; readonly locked: string };
  /** Databases without a connection whose gates hold this service too. */
  readonly waitsFor: readonly string[];
  /** Services that are rolled out before this one. */
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
