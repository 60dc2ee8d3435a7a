import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { loadPlatformFile } from "../config/load-file.ts";
import type { PlatformSpec } from "../config/spec.ts";

const image = (name: string, digit: string): string =>
  `ghcr.io/acme/${name}@sha256:${digit.repeat(64)}`;

/** A platform with a database of every strategy; each is written by one service, and read by `reports`. */
const CONFIG = {
  context: "kind-kind",
  namespace: "strategies",
  images: { migrator: image("migrator", "0") },
  server: { kind: "cluster" },
  databases: {
    by_job: { migrations: "migrations/by_job" },
    by_hand: { migrations: "migrations/by_hand", strategy: "manual" },
    by_pod: { migrations: "migrations/by_pod", strategy: "initContainer", after: ["by_job"] },
    by_program: {
      migrations: "migrations/by_program",
      strategy: "startup",
      allowMigratorSecretInService: true,
    },
    by_nobody: { migrations: "migrations/by_nobody", strategy: "disabled" },
  },
  services: {
    reports: {
      image: image("reports", "1"),
      databases: {
        by_job: "readonly",
        by_hand: "readonly",
        by_pod: "readonly",
        by_program: "readonly",
        by_nobody: "readonly",
      },
    },
    jobs: { image: image("jobs", "2"), databases: { by_job: "app" } },
    hands: { image: image("hands", "3"), databases: { by_hand: "app" } },
    pods: { image: image("pods", "4"), databases: { by_pod: "app" } },
    programs: { image: image("programs", "5"), databases: { by_program: "app" } },
    nobodys: { image: image("nobodys", "6"), databases: { by_nobody: "app" } },
    watcher: { image: image("watcher", "7"), waitsFor: ["by_pod"] },
  },
};

/** The description of {@link CONFIG}; `by_job` and `by_pod` have a contract migration. */
export async function everyStrategy(): Promise<PlatformSpec> {
  const projectDir = await mkdtemp(join(tmpdir(), "tidegate-strategies-"));
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(join(projectDir, dirname(file)), { recursive: true });
    await writeFile(join(projectDir, file), text);
  };
  try {
    await write("Pulumi.yaml", "name: tidegate\n");
    const keys = Object.entries(CONFIG).map(([key, value]) => [`tidegate:${key}`, value]);
    await write("Pulumi.all.yaml", stringify({ config: Object.fromEntries(keys) as unknown }));
    for (const database of Object.keys(CONFIG.databases)) {
      await write(`migrations/${database}/001_a.sql`, "create table a (id int, old int);\n");
    }
    for (const database of ["by_job", "by_pod"]) {
      const contract = `migrations/${database}/002_drop.contract.sql`;
      await write(contract, "alter table a drop column old;\n");
    }
    return await loadPlatformFile("all", { projectDir, build: false });
  } finally {
    await rm(projectDir, { recursive: true });
  }
}
