import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SnapshotSpec } from "../config/spec.ts";
import type { Placement } from "./placement.ts";

export interface VolumeSnapshotArgs {
  readonly snapshot: SnapshotSpec;
  /**
   * Digest of the Job that it is taken for. A change takes another snapshot; the one before it is
   * deleted when the update has succeeded.
   */
  readonly digest: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What has to be there: the server, and of a later phase the rollouts. */
  readonly after: readonly pulumi.Resource[];
  /** Where the objects go. */
  readonly place: Placement;
}

/** A snapshot of the server's volume, taken before a migration. */
export class VolumeSnapshot extends pulumi.ComponentResource {
  readonly ready: pulumi.Resource;

  constructor(name: string, args: VolumeSnapshotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:VolumeSnapshot", name, {}, opts);
    const { snapshot, digest, labels, place } = args;
    this.ready = new k8s.apiextensions.CustomResource(
      `${name}-object`,
      {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshot",
        metadata: {
          // A name of its own, so that the one before it is there until the migration has succeeded.
          name: `${snapshot.claim}-${digest}`,
          namespace: place.namespaceReady,
          labels: { ...labels },
          annotations: { "pulumi.com/waitFor": "jsonpath={.status.readyToUse}=true" },
        },
        spec: {
          ...(snapshot.class !== undefined && { volumeSnapshotClassName: snapshot.class }),
          source: { persistentVolumeClaimName: snapshot.claim },
        },
      },
      { parent: this, dependsOn: [...args.after], customTimeouts: { create: "10m" } },
    );
    this.registerOutputs();
  }
}
