/** What every pod of a database or a service has besides its own containers. Absent: Kubernetes' defaults. */
export interface PodSettings {
  readonly scheduling?: SchedulingSpec;
  /** Existing Secrets with logins of registries. */
  readonly imagePullSecrets?: readonly string[];
  /** Native sidecars, in the order in which they start. */
  readonly sidecars?: readonly SidecarSpec[];
}

/** Where the scheduler may put a pod; every part as in Kubernetes' API. */
export interface SchedulingSpec {
  readonly priorityClass?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Readonly<Record<string, string | number>>[];
  readonly affinity?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A container that starts before the others and ends with them. */
export interface SidecarSpec {
  readonly name: string;
  /** By digest. */
  readonly image: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly envFrom: readonly EnvironmentSource[];
  readonly resources: ResourcesSpec;
  /** What the containers behind it wait for; without a path: that the port accepts. */
  readonly ready?: { readonly port: number; readonly path?: string };
}

/** Account that pods run as; `create: false`: an existing one. */
export interface AccountSpec {
  readonly name: string;
  readonly create: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Kubernetes quantities, for example `{ requests: { cpu: "50m" }, limits: { memory: "128Mi" } }`. */
export interface ResourcesSpec {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** A Secret or a ConfigMap whose keys become variables. */
export type EnvironmentSource = { readonly secret: string } | { readonly configMap: string };
