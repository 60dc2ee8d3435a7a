import type { Problem } from "../problem.ts";
import { type Checked, isBroken, problem } from "./rule.ts";

/**
 * What a whole platform needs. The schema cannot say it: each file may hold any part, and defaults
 * may hold the rest.
 */
export function checkRequired(checked: Checked): readonly Problem[] {
  const { config } = checked;
  return [
    ...(config.context === undefined
      ? [
          problem(
            ["context"],
            "is missing: name the kube context that this stack may touch, or a list of them (kubectl config get-contexts)",
          ),
        ]
      : []),
    ...Object.entries(config.databases).flatMap(([name, database]) => {
      const path = ["databases", name, "migrations"];
      if (database.migrations === undefined) {
        return database.runner === undefined && !isBroken(checked, ["databases", name, "runner"])
          ? [problem(path, "is missing: name the folder of the migrations")]
          : [];
      }
      return database.runner === undefined
        ? []
        : [problem(path, "and runner exclude each other: keep one")];
    }),
    ...Object.entries(config.services).flatMap(([name, service]) => {
      const path = ["services", name];
      if (service.image === undefined && service.build === undefined) {
        if (isBroken(checked, [...path, "build"])) return [];
        return [
          problem([...path, "image"], "is missing: give image (by digest) or build: { context }"),
        ];
      }
      return service.image !== undefined && service.build !== undefined
        ? [problem([...path, "image"], "and build exclude each other: keep one")]
        : [];
    }),
  ];
}
