import type { BuildInput } from "./images/build-digest.ts";
import { buildKey, buildOf, buildsOf, imageNames, MIGRATOR_BUILD } from "./images/plan.ts";
import { type Inputs, valueOf } from "./inputs.ts";
import { known } from "./known.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import type { ServiceConfig } from "./schema/service.ts";
import type { ImageSpec } from "./spec.ts";

/** The images of a platform. */
export interface Images {
  readonly migrator: ImageSpec;
  readonly gate: ImageSpec;
  /** The image of a service or of another runner; one and the same for those with the same build. */
  readonly of: (entry: Pick<ServiceConfig, "image" | "build">) => ImageSpec;
}

/** References as plain strings, before anything is built. */
export function resolveImages(config: PlatformConfig, inputs: Inputs): Images {
  const built = (build: BuildInput, repository: string, name: string): ImageSpec => {
    const registry = known(config.registry, "a registry");
    const digest = known(valueOf(inputs.digests.get(buildKey(build))), `a digest of ${name}`);
    const { platform, ...rest } = build;
    return {
      reference: `${registry}/${repository}:${digest}`,
      build: { name, ...rest, ...(platform !== undefined && { platform }) },
    };
  };
  const named = config.images.migrator;
  const migrator =
    named === undefined
      ? built(MIGRATOR_BUILD, "tidegate-migrator", "migrator")
      : { reference: named };
  const names = imageNames(buildsOf(config));
  return {
    migrator,
    gate: config.images.gate === undefined ? migrator : { reference: config.images.gate },
    of: (entry) => {
      const build = buildOf(entry);
      if (build === undefined) return { reference: known(entry.image, "an image") };
      const name = known(names.get(buildKey(build)), "a name of the image");
      return built(build, name, name);
    },
  };
}
