import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImageBuildSpec } from "../config/spec.ts";

export interface ContainerImageArgs {
  /**
   * `registry/name:tag`, where the tag is a digest of the build context: what runs is known in a
   * preview, and a changed context is another image.
   */
  readonly reference: string;
  readonly build: ImageBuildSpec;
}

/** An image that is built here and pushed: the runner's, or a service's. */
export class ContainerImage extends pulumi.ComponentResource {
  /** Exists once the image is in the registry. */
  readonly image: docker.Image;

  constructor(name: string, args: ContainerImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ContainerImage", name, {}, opts);
    this.image = new docker.Image(`${name}-image`, buildImage(args), { parent: this });
    this.registerOutputs();
  }
}

/** The arguments of the image's resource. */
export function buildImage(args: ContainerImageArgs): docker.ImageArgs {
  const { build, reference } = args;
  return {
    imageName: reference,
    build: {
      context: build.context,
      dockerfile: build.dockerfile,
      args: { ...build.args },
      ...(build.platform !== undefined && { platform: build.platform }),
    },
    registry: { server: reference.slice(0, reference.indexOf("/")) },
  };
}
