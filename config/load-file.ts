import { fileURLToPath } from "node:url";
import { refreshBuilds } from "./build-outputs.ts";
import { gatherInputs } from "./gather-inputs.ts";
import { gitCommit } from "./git-commit.ts";
import { parsePlatform, type ParseContext } from "./parse.ts";
import { ConfigError } from "./problem.ts";
import { readConfig } from "./read-config.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import type { PlatformSpec } from "./spec.ts";
import { readStackFile } from "./stack-file.ts";
import { layersOf, type StackValues } from "./stack-values.ts";
import { readYamlFile } from "./yaml-file.ts";

/** The folder of Pulumi.yaml. */
export const PROJECT_DIR = fileURLToPath(new URL("..", import.meta.url));

/** What a load takes for given; for tests. */
export interface LoadFileOptions {
  /** Default: the folder of this project. */
  readonly projectDir?: string;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `false`: what images are built from was written just now. Default `true`: it is written afresh. */
  readonly build?: boolean;
  /** Receives what is no mistake and should be looked at. Default: nobody. */
  readonly onWarning?: (message: string) => void;
}

/**
 * The description of a stack's platform from its file alone, for `npm run dev`: no Pulumi, no
 * cluster, no secret. The kube context is the first that the stack allows.
 *
 * @throws ConfigError with all problems at once
 */
export async function loadPlatformFile(
  stack: string,
  options: LoadFileOptions = {},
): Promise<PlatformSpec> {
  const projectDir = options.projectDir ?? PROJECT_DIR;
  const declared = await readYamlFile(projectDir, "Pulumi.yaml", []);
  if (declared.problems.length > 0) throw new ConfigError(stack, declared.problems);
  const project = String(declared.value["name"]);
  const values = await readStackFile(projectDir, project, stack);
  // Without a single value there is nothing to check.
  const unreadable = values.problems.filter(({ path }) => path.length === 0);
  if (unreadable.length > 0) throw new ConfigError(stack, unreadable);
  const commit = await gitCommit(projectDir, options.env ?? process.env);
  const context = { project, stack, ...(commit !== undefined && { commit }) };
  const build = options.build ?? true;
  const { spec, warnings } = await specOf(projectDir, values, context, async (config) => {
    if (build) await refreshBuilds(projectDir, config);
  });
  for (const warning of warnings) options.onWarning?.(warning);
  return spec;
}

/**
 * From a stack's values to its spec, with what should be looked at.
 *
 * @param prepare called with what could be read, before files are looked at
 * @throws ConfigError with all problems at once
 */
export async function specOf(
  projectDir: string,
  values: StackValues,
  context: Omit<ParseContext, "inputs" | "problems">,
  prepare: (config: PlatformConfig) => Promise<void>,
): Promise<{ readonly spec: PlatformSpec; readonly warnings: readonly string[] }> {
  const { layers, problems } = await layersOf(projectDir, values);
  const { config } = readConfig(layers);
  await prepare(config);
  const inputs = await gatherInputs(projectDir, config);
  const parsed = parsePlatform(layers, { ...context, inputs, problems });
  if ("problems" in parsed) throw new ConfigError(context.stack, parsed.problems);
  return parsed;
}
