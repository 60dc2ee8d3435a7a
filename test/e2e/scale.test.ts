import { expect } from "vitest";
import type { Outcome } from "./outcome.ts";
import { type Cost, watchCost } from "./program-cost.ts";
import { secondsSince } from "./report.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/**
 * Services of the platform, a quarter as many databases; it grows from one size to the next.
 * `TIDEGATE_E2E_SCALE=25,50` measures other sizes.
 */
const SIZES = (process.env["TIDEGATE_E2E_SCALE"] ?? "25,50,100,200").split(",").map(Number);

const SERVICES_PER_DATABASE = 4;

/** Bound in milliseconds: what takes ten minutes on four cores may take three times as long on two. */
const TIMEOUT = 45 * 60_000;

/** One run of the CLI. */
interface Figure extends Cost {
  readonly seconds: number;
  /** What the CLI says of the resources at the end. */
  readonly summary: string;
}

interface Row {
  readonly services: number;
  readonly databases: number;
  readonly resources: number;
  readonly grown: Outcome;
  readonly preview: Figure;
  readonly again: Figure;
  readonly jobs: Figure;
  /** The same once more, without the checkpoints that the engine saves at each step. */
  readonly jobsAlone: Figure;
}

scenario(
  "19: a platform of 50 databases and 200 services, grown from 25",
  async ({ stack, images, note, afterwards }) => {
    const image = await images.service("1");
    const shop = await stack({
      part: "scale",
      config: { databases: {}, services: {} },
      searchLeaks: false,
    });
    // With 200 services the removal alone takes longer with a checkpoint after each of its steps.
    afterwards(async () => withoutCheckpoints(() => shop.destroy()).then(() => undefined));
    const rows: Row[] = [];
    let run = 0;
    for (const services of SIZES) {
      await generate(shop, services, image, run);
      const grown = await withoutCheckpoints(() => shop.up());
      expect(grown.ok, grown.output.slice(-4000)).toBe(true);
      const preview = await measure(shop, "preview");
      const again = await measure(shop, "up", "--yes", "--skip-preview");
      expect(again.summary, "a second up changes nothing").not.toMatch(/created|updated|replaced/);
      run += 1;
      await generate(shop, services, image, run);
      const jobs = await measure(shop, "up", "--yes", "--skip-preview");
      expect(jobs.summary).toContain(`${Math.ceil(services / SERVICES_PER_DATABASE)} replaced`);
      run += 1;
      await generate(shop, services, image, run);
      const jobsAlone = await withoutCheckpoints(() =>
        measure(shop, "up", "--yes", "--skip-preview"),
      );
      const resources = (await shop.resources()).length;
      const databases = Math.ceil(services / SERVICES_PER_DATABASE);
      const row = { services, databases, resources, grown, preview, again, jobs, jobsAlone };
      rows.push(row);
      note(describe(row));
    }
    for (const line of table(rows)) note(line);
    const destroyed = await withoutCheckpoints(() => shop.destroy());
    expect(destroyed.ok, destroyed.output.slice(-4000)).toBe(true);
    note(`destroyed in ${destroyed.seconds} s`);
  },
  TIMEOUT,
);

/** Writes the configuration and the migrations of so many services; `run` makes every Job run again. */
async function generate(
  shop: TestStack,
  services: number,
  image: string,
  run: number,
): Promise<void> {
  const count = Math.ceil(services / SERVICES_PER_DATABASE);
  const databases = Array.from({ length: count }, (_, index) => `data_${name(index)}`);
  for (const database of databases) {
    await shop.migrations(database, {
      "001_create_items.sql": "create table items (id bigint primary key, name text not null);\n",
      "002_add_note.sql": "alter table items add column note text;\n",
    });
  }
  await shop.configure({
    defaults: {
      database: {
        run,
        deadline: "30m",
        // So small that the Jobs of all databases fit on one node side by side.
        resources: { requests: { cpu: "5m", memory: "16Mi" }, limits: { memory: "256Mi" } },
      },
      // What is measured is the deploy: a node takes 110 pods.
      service: { replicas: 0, port: 3000 },
    },
    databases: Object.fromEntries(
      databases.map((database) => [database, { migrations: `migrations/${database}` }]),
    ),
    services: Object.fromEntries(
      Array.from({ length: services }, (_, index) => {
        const database = databases[Math.floor(index / SERVICES_PER_DATABASE)] ?? "";
        return [`service-${name(index)}`, { image, databases: { [database]: "app" } }];
      }),
    ),
  });
}

function name(index: number): string {
  return String(index + 1).padStart(3, "0");
}

async function measure(shop: TestStack, ...args: readonly string[]): Promise<Figure> {
  const started = performance.now();
  const cli = shop.start(...args, "--color", "never", "--suppress-progress");
  const endWatch = watchCost(cli.pid);
  const code = await cli.ended;
  const cost = endWatch();
  expect(code, cli.output().slice(-4000)).toBe(0);
  const summary = /^Resources:\n((?: {4}.*\n)+)/m.exec(cli.output())?.[1] ?? "";
  return { seconds: secondsSince(started), ...cost, summary: summary.replaceAll(/\s+/g, " ") };
}

/**
 * The engine saves the whole state before and after each resource that changes, which makes a deploy of
 * many changes quadratic in their number. The growth, which is not measured for its own sake, goes
 * without; the Jobs run once with and once without, so that the engine's share can be told apart.
 */
async function withoutCheckpoints<T>(work: () => Promise<T>): Promise<T> {
  process.env["PULUMI_EXPERIMENTAL"] = "true";
  process.env["PULUMI_SKIP_CHECKPOINTS"] = "true";
  try {
    return await work();
  } finally {
    delete process.env["PULUMI_EXPERIMENTAL"];
    delete process.env["PULUMI_SKIP_CHECKPOINTS"];
  }
}

function describe({ services, grown, preview, again, jobs }: Row): string {
  return `${services} services: grown in ${grown.seconds} s, preview ${preview.seconds} s, up ${again.seconds} s, up with all Jobs ${jobs.seconds} s, program ${preview.program ?? "?"} MB`;
}

function table(rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => [
    row.services,
    row.databases,
    row.resources,
    row.preview.seconds,
    row.preview.cpu,
    row.preview.totalCpu,
    row.again.seconds,
    row.again.totalCpu,
    row.jobs.seconds,
    row.jobs.totalCpu,
    row.jobsAlone.seconds,
    row.jobsAlone.totalCpu,
    Math.max(row.preview.program ?? 0, row.again.program ?? 0, row.jobs.program ?? 0),
    Math.max(row.preview.engine ?? 0, row.again.engine ?? 0, row.jobs.engine ?? 0),
    row.grown.seconds,
  ]);
  return [
    "| services | databases | resources | preview s | of it program's CPU s | all CPU s | second up s | all CPU s | up, all Jobs run s | all CPU s | the same without checkpoints s | all CPU s | program MB | engine MB | growth to here s |",
    `|${" ---: |".repeat(15)}`,
    ...cells.map((row) => `| ${row.join(" | ")} |`),
  ];
}
