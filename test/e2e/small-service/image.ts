import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { push } from "../images.ts";
import { PROJECT } from "../project-copy.ts";

export interface SmallServiceArgs {
  readonly registry: string;
  /** What it answers as its version; another one is another image. */
  readonly version: string;
  /** The column of `things` that its code knows. */
  readonly column?: string;
}

/** Builds the image of the small service, with `@tidegate/migrator` inside; returns it by digest. */
export async function smallServiceImage(args: SmallServiceArgs): Promise<string> {
  const { registry, version, column = "name" } = args;
  const folder = await mkdtemp(join(tmpdir(), "tidegate-e2e-small-"));
  try {
    await build({
      entryPoints: [join(PROJECT, "test/e2e/small-service/server.ts")],
      outfile: join(folder, "server.cjs"),
      absWorkingDir: PROJECT,
      bundle: true,
      platform: "node",
      target: "node24",
      format: "cjs",
      logLevel: "error",
      // Loaded for migrations in TypeScript and raw folders only; this service has neither.
      external: ["pg-native", "esbuild", "kysely", "kysely/*", "libpg-query"],
      logOverride: { "empty-import-meta": "silent" },
    });
    await cp(join(PROJECT, "test/e2e/small-service/Dockerfile"), join(folder, "Dockerfile"));
    return await push(`${registry}/e2e/small:${version}-${column}`, folder, [
      "--build-arg",
      `VERSION=${version}`,
      "--build-arg",
      `COLUMN=${column}`,
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
