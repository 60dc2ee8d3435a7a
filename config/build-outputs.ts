import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildOf, buildsMigrator } from "./images/plan.ts";
import type { PlatformConfig } from "./schema/platform.ts";

/** Context of the sample service, whose program is bundled before its image is built. */
const SAMPLE_CONTEXT = "examples/battlescope/service";

/**
 * Writes afresh what images of this repository are built from, so that no digest is taken of files
 * that are older than their sources. A stack that names all its images needs no build.
 */
export async function refreshBuilds(projectDir: string, config: PlatformConfig): Promise<void> {
  const sample = Object.values(config.services).some(
    (service) => buildOf(service)?.context === SAMPLE_CONTEXT,
  );
  await Promise.all([
    ...(buildsMigrator(config) ? [run(projectDir, "build-runner.mjs", "buildRunnerContext")] : []),
    ...(sample ? [run(projectDir, "build-sample-service.mjs", "buildSampleService")] : []),
  ]);
}

/** Loaded when it is needed only: a stack that builds nothing needs no compiler. */
async function run(projectDir: string, script: string, name: string): Promise<void> {
  const module: unknown = await import(pathToFileURL(join(projectDir, "scripts", script)).href);
  const build = typeof module === "object" && module !== null && Reflect.get(module, name);
  if (typeof build !== "function") throw new Error(`scripts/${script} exports no ${name}`);
  await build();
}
