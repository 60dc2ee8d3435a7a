import { fileURLToPath } from "node:url";
import type { MigrationBundle } from "@tidegate/migrator/bundle";
import { refreshBuilds } from "./build-outputs.ts";
import { gatherInputs } from "./gather-inputs.ts";
import { gitCommit } from "./git-commit.ts";
import type { Found, Inputs } from "./inputs.ts";
import { parsePlatform, type ParseContext } from "./parse.ts";
import { ConfigError } from "./problem.ts";
import { readConfig } from "./read-config.ts";
import type { CurrentContext } from "./rules/kube-context.ts";
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
  /**
   * `true`: a folder of migrations with a mistake in it counts as empty, for who reads it again and
   * says what is wrong with that one database. Default `false`: it is a problem like any other.
   */
  readonly brokenFoldersAreEmpty?: boolean;
  /** The kube context, where a cluster is touched. Default: none is. */
  readonly current?: CurrentContext;
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
  const { current } = options;
  const context = {
    project,
    stack,
    ...(commit !== undefined && { commit }),
    ...(current !== undefined && { current }),
  };
  const build = options.build ?? true;
  const prepare = async (config: PlatformConfig): Promise<void> => {
    if (build) await refreshBuilds(projectDir, config);
  };
  const adjust = options.brokenFoldersAreEmpty === true ? withoutMistakes : undefined;
  const { spec, warnings } = await specOf(projectDir, values, context, prepare, adjust);
  for (const warning of warnings) options.onWarning?.(warning);
  return spec;
}

/**
 * From a stack's values to its spec, with what should be looked at.
 *
 * @param prepare called with what could be read, before files are looked at
 * @param adjust what is made of the files before they are judged; default: nothing
 * @throws ConfigError with all problems at once
 */
export async function specOf(
  projectDir: string,
  values: StackValues,
  context: Omit<ParseContext, "inputs" | "problems">,
  prepare: (config: PlatformConfig) => Promise<void>,
  adjust: (inputs: Inputs) => Inputs = (inputs) => inputs,
): Promise<{ readonly spec: PlatformSpec; readonly warnings: readonly string[] }> {
  const { layers, problems } = await layersOf(projectDir, values);
  const { config } = readConfig(layers);
  await prepare(config);
  const inputs = adjust(await gatherInputs(projectDir, config));
  const parsed = parsePlatform(layers, { ...context, inputs, problems });
  if ("problems" in parsed) throw new ConfigError(context.stack, parsed.problems);
  return parsed;
}

const EMPTY: Found<MigrationBundle> = { value: { format: 1, migrations: [] } };

function withoutMistakes(inputs: Inputs): Inputs {
  const bundles = [...inputs.bundles].map(
    ([folder, found]) => [folder, "value" in found ? found : EMPTY] as const,
  );
  return { ...inputs, bundles: new Map(bundles) };
}
