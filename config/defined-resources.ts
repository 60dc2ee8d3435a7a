import type { ResourcesSpec } from "./spec.ts";

/** The same without parts that are `undefined`, which a spec does not have. */
export function definedResources(resources: {
  readonly [Part in keyof ResourcesSpec]: ResourcesSpec[Part] | undefined;
}): ResourcesSpec {
  const { requests, limits } = resources;
  return { ...(requests !== undefined && { requests }), ...(limits !== undefined && { limits }) };
}
