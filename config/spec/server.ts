import type { ExistingSecretSpec } from "./connection.ts";
import type { ResourcesSpec, SidecarSpec } from "./pods.ts";

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
