import { gatherInputs } from "../config/gather-inputs.ts";
import { gitCommit } from "../config/git-commit.ts";
import type { Inputs } from "../config/inputs.ts";
import { parsePlatform } from "../config/parse.ts";
import { ConfigError } from "../config/problem.ts";
import { readConfig } from "../config/read-config.ts";
import type { CurrentContext } from "../config/rules/kube-context.ts";
import type { PlatformSpec } from "../config/spec.ts";
import { readStackFile } from "../config/stack-file.ts";
import { layersOf } from "../config/stack-values.ts";
import { readYamlFile } from "../config/yaml-file.ts";

/**
 * The stack's platform as `loadPlatformFile` reads it, with one difference: a folder of migrations with
 * a mistake in it does not end the whole start. It counts as empty here, and the runner, which reads the
 * folder again, closes the gate of that one database and says why.
 *
 * @param current the kube context, where a cluster is touched; default: none is.
 * @throws ConfigError with all other problems at once
 */
export async function loadPlatform(
  projectDir: string,
  stack: string,
  current?: CurrentContext,
): Promise<PlatformSpec> {
  const declared = await readYamlFile(projectDir, "Pulumi.yaml", []);
  if (declared.problems.length > 0) throw new ConfigError(stack, declared.problems);
  const project = String(declared.value["name"]);
  const values = await readStackFile(projectDir, project, stack);
  const { layers, problems } = await layersOf(projectDir, values);
  const inputs = await gatherInputs(projectDir, readConfig(layers).config);
  const commit = await gitCommit(projectDir, process.env);
  const parsed = parsePlatform(layers, {
    project,
    stack,
    problems,
    inputs: { ...inputs, bundles: withoutMistakes(inputs.bundles) },
    ...(commit !== undefined && { commit }),
    ...(current !== undefined && { current }),
  });
  if ("problems" in parsed) throw new ConfigError(stack, parsed.problems);
  return parsed.spec;
}

function withoutMistakes(bundles: Inputs["bundles"]): Inputs["bundles"] {
  return new Map(
    [...bundles].map(([folder, found]) => [
      folder,
      "value" in found ? found : { value: { format: 1, migrations: [] } },
    ]),
  );
}
