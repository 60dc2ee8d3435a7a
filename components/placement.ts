import type * as pulumi from "@pulumi/pulumi";

/** Where the objects of a platform go. */
export interface Placement {
  /** The platform's name, for labels. */
  readonly platform: string;
  /** The namespace's name at program time, for host names and commands. */
  readonly namespace: string;
  /**
   * The same as an output of the namespace's resource: an object that names it in its metadata waits
   * until the namespace is there, at whatever depth it is made.
   */
  readonly namespaceReady: pulumi.Input<string>;
}
