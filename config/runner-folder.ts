import { join } from "node:path";
import { BundleError, type ForeignFolder, foreignFolder } from "@tidegate/migrator/bundle";
import type { ForeignTool } from "@tidegate/migrator/contract";
import { bundleProblems } from "./bundle-problems.ts";
import { type Found, type Inputs, valueOf } from "./inputs.ts";
import type { RunnerConfig } from "./schema/runner.ts";

/** The tool whose own table the gate reads; undefined where a command does, or nobody. */
export function toolOf(history: RunnerConfig["history"] | undefined): ForeignTool | undefined {
  return typeof history === "object" && "tool" in history ? history.tool : undefined;
}

/** By what {@link Inputs.foreign} holds a folder: two tools would read one folder differently. */
export function runnerFolderKey(runner: Pick<RunnerConfig, "history" | "migrations">): string {
  return `${toolOf(runner.history) ?? ""}:${runner.migrations ?? ""}`;
}

/** Reads the folder that a runner names. */
export async function readRunnerFolder(
  projectDir: string,
  { history, migrations = "" }: Pick<RunnerConfig, "history" | "migrations">,
): Promise<Found<ForeignFolder>> {
  try {
    return { value: await foreignFolder(join(projectDir, migrations), toolOf(history)) };
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return { problems: bundleProblems(error) };
  }
}

/** What the folder of a runner led to; undefined where it names none, or one that can't be read. */
export function runnerFolder(
  runner: RunnerConfig | undefined,
  inputs: Inputs,
): ForeignFolder | undefined {
  if (runner?.migrations === undefined) return undefined;
  return valueOf(inputs.foreign.get(runnerFolderKey(runner)));
}
