import type { ServiceConfig } from "../schema/service.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import type { BuildInput } from "./build-digest.ts";

/** Build context of the runner's image; `npm run build` writes it. */
const MIGRATOR_CONTEXT = "migrator/dist/image";

/** Docker's names of processors, by Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** What images are built for where a build names no platform: the deployer's own processor. */
export const HOST_PLATFORM = `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;

/** The build of the runner's image. */
export const MIGRATOR_BUILD: BuildInput = {
  context: MIGRATOR_CONTEXT,
  dockerfile: `${MIGRATOR_CONTEXT}/Dockerfile`,
  args: {},
  platform: HOST_PLATFORM,
};

/** Whether this deploy builds the runner's image. */
export function buildsMigrator(config: PlatformConfig): boolean {
  return config.images.migrator === undefined;
}

/** A service's or a runner's build with its defaults; `undefined` where its image is named. */
export function buildOf({ build }: Pick<ServiceConfig, "build">): BuildInput | undefined {
  if (build === undefined) return undefined;
  return {
    platform: HOST_PLATFORM,
    ...build,
    dockerfile: build.dockerfile ?? `${trimmed(build.context)}/Dockerfile`,
  };
}

/** Everything of a platform that is built besides the runner's image: services', then other runners'. */
export function buildsOf(config: PlatformConfig): BuildInput[] {
  const runners = Object.values(config.databases).flatMap(({ runner }) => runner ?? []);
  return [...Object.values(config.services), ...runners].flatMap((entry) => buildOf(entry) ?? []);
}

/** The same for two services with the same build, so that they share one image. */
export function buildKey({ context, dockerfile, args, platform }: BuildInput): string {
  const sorted = Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([trimmed(context), dockerfile, sorted, platform ?? ""]);
}

/**
 * Names of the images that are built, by their {@link buildKey}: the last two folders of the
 * context, `examples/shop/service` → `shop-service`. Different builds of one name are numbered.
 */
export function imageNames(builds: readonly BuildInput[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(["migrator"]);
  for (const build of builds) {
    const key = buildKey(build);
    if (names.has(key)) continue;
    const stem = stemOf(build.context);
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    names.set(key, name);
  }
  return names;
}

function stemOf(context: string): string {
  const folders = trimmed(context).split("/").slice(-2).join("-");
  // What a repository of a registry may be called: lower case, digits, single separators.
  const name = folders
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return name === "" ? "service" : name;
}

function trimmed(path: string): string {
  return path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}
