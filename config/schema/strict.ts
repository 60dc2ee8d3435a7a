import { z } from "zod";

/**
 * An object that refuses unknown keys: a key that nobody reads is a setting that its author believes
 * to be in force.
 *
 * The message of an unknown key is the list of those that are allowed; `problems-of-schema.ts` makes
 * a sentence of it, with the nearest name.
 */
export function strict<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined,
  });
}
