import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Output of pods and of `-o json` is larger than Node's default of 1 MiB. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/** What the scenarios read of a Kubernetes object. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly resourceVersion: string;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly containers?: readonly { readonly name: string; readonly image: string }[];
    readonly template?: unknown;
  };
  readonly status?: {
    readonly phase?: string;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly active?: number;
    readonly readyReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: {
    readonly terminated?: { readonly exitCode: number; readonly message?: string };
    readonly waiting?: { readonly reason: string };
  };
  readonly containerID?: string;
}

/** One namespace of the cluster, through kubectl. */
export class Cluster {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /**
   * `kubectl --namespace <ours> <args>`; returns its standard output.
   *
   * @throws Error with what kubectl said.
   */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { stdout } = await run("kubectl", ["--namespace", this.namespace, ...args], {
      maxBuffer: MAX_OUTPUT,
    });
    return stdout;
  }

  /** Objects of a kind, for example `list("pods", "app.kubernetes.io/name=shop")`. */
  async list(kind: string, selector?: string): Promise<readonly KubeObject[]> {
    const select = selector === undefined ? [] : ["--selector", selector];
    const text = await this.kubectl("get", kind, ...select, "--output", "json");
    return (JSON.parse(text) as { items: KubeObject[] }).items;
  }

  /** The pods of a service that are not on their way out. */
  async pods(service: string): Promise<readonly KubeObject[]> {
    const pods = await this.list(
      "pods",
      `app.kubernetes.io/component=service,app.kubernetes.io/name=${service}`,
    );
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** The images of the pods of a service that are ready. */
  async readyImages(service: string): Promise<readonly (string | undefined)[]> {
    const pods = (await this.pods(service)).filter(isReady);
    return pods.map(({ spec }) => spec?.containers?.[0]?.image);
  }

  /** The migration Jobs of a database, the oldest first. */
  async jobs(database: string): Promise<readonly KubeObject[]> {
    return byAge(await this.list("jobs", migrationOf(database)));
  }

  /** The pods of migration Jobs of a database, the oldest first. */
  async jobPods(database: string): Promise<readonly KubeObject[]> {
    return byAge(await this.list("pods", migrationOf(database)));
  }

  /** Applies a manifest. */
  async apply(manifest: object): Promise<void> {
    const args = ["--namespace", this.namespace, "apply", "--filename", "-"];
    const child = run("kubectl", args);
    child.child.stdin?.end(JSON.stringify(manifest));
    await child;
  }
}

/** Whether every container of a pod is ready. */
export function isReady(pod: KubeObject): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
}

/** Uids and restarts of pods: equal before and after means the same processes. */
export function identities(pods: readonly KubeObject[]): readonly string[] {
  return pods
    .map(
      ({ metadata, status }) =>
        `${metadata.name} ${metadata.uid} restarts ${(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount).join()}`,
    )
    .toSorted();
}

function migrationOf(database: string): string {
  return `app.kubernetes.io/component=migration,tidegate.dev/database=${database}`;
}

function byAge(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects.toSorted((a, b) =>
    a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1,
  );
}
