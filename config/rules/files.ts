import { buildKey, buildOf, buildsMigrator, MIGRATOR_BUILD } from "../images/plan.ts";
import { type Inputs, problemsOf } from "../inputs.ts";
import { runnerFolderKey } from "../runner-folder.ts";
import type { Path, Problem } from "../problem.ts";
import { type Checked, problem } from "./rule.ts";

/** What went wrong with the files that the configuration names, at the keys that name them. */
export function checkFiles({ config }: Checked, inputs: Inputs): readonly Problem[] {
  const ca = config.server?.tls.ca;
  return [
    ...(buildsMigrator(config)
      ? at(
          ["images", "migrator"],
          problemsOf(inputs.digests.get(buildKey(MIGRATOR_BUILD))).map(
            (message) => `${message}; npm run build writes it`,
          ),
        )
      : []),
    ...(ca === undefined
      ? []
      : at(["server", "tls", "ca"], problemsOf(inputs.certificates.get(ca)))),
    ...Object.entries(config.databases).flatMap(([name, { migrations }]) =>
      migrations === undefined
        ? []
        : at(["databases", name, "migrations"], problemsOf(inputs.bundles.get(migrations))),
    ),
    ...Object.entries(config.databases).flatMap(([name, { runner }]) => {
      if (runner === undefined) return [];
      const path = ["databases", name, "runner"];
      const build = buildOf(runner);
      return [
        ...at([...path, "migrations"], problemsOf(inputs.foreign.get(runnerFolderKey(runner)))),
        ...(build === undefined
          ? []
          : at([...path, "build"], problemsOf(inputs.digests.get(buildKey(build))))),
      ];
    }),
    ...Object.entries(config.services).flatMap(([name, service]) => {
      const build = buildOf(service);
      return build === undefined
        ? []
        : at(["services", name, "build"], problemsOf(inputs.digests.get(buildKey(build))));
    }),
  ];
}

function at(path: Path, messages: readonly string[]): Problem[] {
  return messages.map((message) => problem(path, message));
}
