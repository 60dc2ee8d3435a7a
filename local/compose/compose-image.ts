import { posix } from "node:path";
import { HOST_PLATFORM } from "../../config/images/plan.ts";
import type { ImageSpec } from "../../config/spec.ts";
import type { ComposeService } from "./compose-file.ts";

/** An image by name, and how it is built where it is built here. */
export function imageOf({
  reference,
  build,
}: ImageSpec): Pick<ComposeService, "image" | "build" | "platform"> {
  if (build === undefined) return { image: reference };
  const { context, dockerfile, args, platform } = build;
  return {
    image: reference,
    build: {
      context: `./${context}`,
      // Compose looks for it from the context on, the spec names it from the project on.
      dockerfile: posix.relative(context, dockerfile),
      ...(Object.keys(args).length > 0 && { args }),
    },
    // Named only where it matters: old engines refuse the key.
    ...(platform !== undefined && platform !== HOST_PLATFORM && { platform }),
  };
}
