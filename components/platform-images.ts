import type * as pulumi from "@pulumi/pulumi";
import type { ImageSpec } from "../config/spec.ts";
import { ContainerImage } from "./container-image.ts";

/** The images that a platform builds, each made once for all that share it. */
export class PlatformImages {
  readonly #name: string;
  readonly #parent: pulumi.Resource;
  readonly #made = new Map<string, ContainerImage>();

  /**
   * @param name The platform's logical name.
   * @param parent The platform.
   */
  constructor(name: string, parent: pulumi.Resource) {
    this.#name = name;
    this.#parent = parent;
  }

  /** What a pod with this image waits for: nothing where the image is named and not built here. */
  resourcesOf({ reference, build }: ImageSpec): pulumi.Resource[] {
    if (build === undefined) return [];
    const made =
      this.#made.get(reference) ??
      new ContainerImage(
        `${this.#name}-${build.name}`,
        { reference, build },
        { parent: this.#parent },
      );
    this.#made.set(reference, made);
    return [made.image];
  }
}
