import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "./digest.ts";
import { DIGEST_ANNOTATION } from "./job-annotations.ts";

/** The files of one release, as a pod mounts them. */
export interface MountedFiles {
  /** Name of the ConfigMap; unknown, or not yet the one that will be, in a preview that shows a new one. */
  readonly name: pulumi.Input<string>;
  /** Digest of the content: it stands for the name in every digest, which has to be known in a preview. */
  readonly digest: string;
}

/** The same files for a digest: an unknown name would make that unknown, or change it with each update. */
export function inDigest({ digest }: MountedFiles): MountedFiles {
  return { name: digest, digest };
}

export interface MigrationFilesArgs {
  /** Name of the database in Postgres, for the words of a refusal. */
  readonly database: string;
  /** Pattern of URNs that takes in the ConfigMap, for `pulumi up --target`. */
  readonly target: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Files by key. Any change makes another ConfigMap, and the one before goes when the update is done. */
  readonly data: Readonly<Record<string, string>>;
}

/**
 * The files of one release of a database, in an immutable ConfigMap. Its name is Pulumi's,
 * `<logical name>-<8 hex digits>`, another one at every replacement. A name made of the content would be
 * refused as existing when a failing release is taken back: the ConfigMap of the release before then still
 * waits for its deletion. To delete that one first (`deleteBeforeReplace`) is no way: until the next
 * release is good, old pods that restart and the CronJob of a rollback mount it. Nor is a digest in the
 * logical name: an update with targets could delete what a Job in the state depends on.
 */
export class MigrationFiles implements MountedFiles {
  readonly configMap: k8s.core.v1.ConfigMap;
  readonly name: pulumi.Output<string>;
  readonly digest: string;
  /** Refuses a Job or CronJob that would mount the files of an older release; for its options. */
  readonly hooks: pulumi.ResourceHookBinding;
  readonly #database: string;
  #made: string | undefined;

  constructor(name: string, args: MigrationFilesArgs, options: pulumi.CustomResourceOptions) {
    const { database, target, namespace, labels, data } = args;
    this.#database = database;
    this.digest = digestOf(data);
    this.configMap = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { namespace, labels, annotations: { [DIGEST_ANNOTATION]: this.digest } },
        immutable: true,
        data,
      },
      options,
    );
    this.name = this.configMap.metadata.name;
    // Where the engine was told to leave it out (`--target`, `--exclude`), it answers with what is in the
    // state: another release's name, and its digest.
    this.configMap.metadata.annotations.apply((annotations) => {
      this.#made = annotations?.[DIGEST_ANNOTATION];
    });
    const hook = new pulumi.ResourceHook(`${name}-made`, () => this.refuse(target));
    this.hooks = { beforeCreate: [hook], beforeUpdate: [hook] };
  }

  /** Why nobody may mount them, in one sentence; undefined where they are this release's. Ask in a hook. */
  leftOut(): string | undefined {
    return this.#made === this.digest
      ? undefined
      : `database '${this.#database}': the migrations that its pods are to apply were left out of this update`;
  }

  private refuse(target: string): void {
    const reason = this.leftOut();
    if (reason === undefined) return;
    throw new Error(
      `${reason}.\nRun \`pulumi up\`, or take them in as well:\n  pulumi up --target '${target}'`,
    );
  }
}
