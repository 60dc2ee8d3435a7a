import { z } from "zod";
import { environmentName, projectPath } from "./names.ts";
import { strict } from "./strict.ts";

/** An image that is used as it is. */
export const imageByDigest = z.string().regex(/@sha256:[0-9a-f]{64}$/, {
  error: "must name an image by its digest: repository@sha256:<64 hexadecimal digits>",
});

/** The image of whoever may be built here too; that it is a digest is checked in `rules/images.ts`. */
export const image = z
  .string()
  .optional()
  .describe("Image by digest, repository@sha256:…; either this or build.");

/** The same, built here. */
export const build = strict({
  context: projectPath.describe("Folder of the build context, relative to the project."),
  dockerfile: projectPath
    .optional()
    .describe("Dockerfile, relative to the project; default <context>/Dockerfile."),
  args: z
    .record(environmentName, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe("Build arguments; they stay visible in the image: no secrets."),
  platform: z
    .string()
    .regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, {
      error: 'must be a platform such as "linux/amd64"',
    })
    .optional()
    .describe("Platform of the image, such as linux/amd64; default: the Docker daemon's."),
})
  .optional()
  .describe("Image built here and pushed to the registry; either this or image.");
