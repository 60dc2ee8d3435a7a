/** A copy of the sample platform in a folder of its own, for tests of `npm run dev`. */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { PROJECT_DIR } from "../config/load-file.ts";
import { freePort } from "./ports.ts";

const SAMPLE = "examples/battlescope";

/** The services of the sample, with the databases that each one's `/` names. */
export const SERVICES = {
  authentication: ["battlescope_auth"],
  ingestion: ["battlescope_ingestion"],
  enrichment: ["battlescope_enrichment"],
  battle: ["battlescope_battles"],
  notification: ["battlescope_notification"],
  search: ["battlescope_battles"],
  bff: ["battlescope_auth", "battlescope_battles"],
  frontend: [],
} as const satisfies Record<string, readonly string[]>;

export type ServiceName = keyof typeof SERVICES;

export const SERVICE_NAMES = Object.keys(SERVICES).filter(
  (name): name is ServiceName => name in SERVICES,
);

export interface TestProject {
  readonly path: string;
  /** The data folder of its runs. */
  readonly data: string;
  /** Ports on which nobody else listens. */
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Folder of a database's migrations, absolute. */
  migrations(database: string): string;
}

/** Runs `use` with a fresh copy of the sample; it is removed afterwards. */
export async function withTestProject<T>(use: (project: TestProject) => Promise<T>): Promise<T> {
  // mkdtemp makes it for its owner only, so that as root Postgres' account cannot pass through.
  const path = await mkdtemp(join(tmpdir(), "tidegate-dev-"));
  try {
    await cp(join(PROJECT_DIR, SAMPLE), join(path, SAMPLE), { recursive: true });
    await cp(join(PROJECT_DIR, "Pulumi.yaml"), join(path, "Pulumi.yaml"));
    await mkdir(join(path, "data"));
    const ports = await freePorts();
    await writeFile(join(path, "Pulumi.test.yaml"), stringify(stackOf(ports)));
    return await use({
      path,
      data: join(path, "data", ".tidegate"),
      ports,
      migrations: (database) => resolve(path, SAMPLE, "migrations", database),
    });
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** The names of a folder's migrations, in their order, by nothing but the names of its files. */
export async function versionsIn(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => /^\d+_.*\.(ts|sql)$/.test(file) && !file.endsWith(".down.sql"))
    .map((file) => file.replace(/\.(ts|sql)$/, ""))
    .toSorted();
}

async function freePorts(): Promise<Record<ServiceName, number>> {
  const ports = new Set<number>();
  while (ports.size < SERVICE_NAMES.length) ports.add(await freePort());
  const [...all] = ports;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each name
  return Object.fromEntries(SERVICE_NAMES.map((name, at) => [name, all[at]])) as Record<
    ServiceName,
    number
  >;
}

/** Images are named, so that nothing of the runner's image need be built for the copy. */
function stackOf(ports: Readonly<Record<ServiceName, number>>) {
  const digest = `sha256:${"0".repeat(64)}`;
  return {
    config: {
      "tidegate:extends": `${SAMPLE}/platform.yaml`,
      "tidegate:context": "none",
      "tidegate:registry": "registry.test",
      "tidegate:images": { migrator: `registry.test/migrator@${digest}` },
      "tidegate:server": { kind: "docker", version: 18 },
      "tidegate:services": Object.fromEntries(
        SERVICE_NAMES.map((name) => [name, { port: ports[name] }]),
      ),
    },
  };
}
