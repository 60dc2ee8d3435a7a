import type { ConnectionKey, ExistingSecretSpec } from "./connection.ts";
import type { ImageSpec } from "./image.ts";
import type { AccountSpec, EnvironmentSource, PodSettings, ResourcesSpec } from "./pods.ts";

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
  readonly envFrom: readonly EnvironmentSource[];
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
