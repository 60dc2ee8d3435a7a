import { execFile, spawn } from "node:child_process";
import { open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { once } from "node:events";
import { promisify } from "node:util";
import { expect } from "vitest";
import { until } from "./observe.ts";
import { ORDERS, ORDERS_SERVICE, smallPlatform, STOCK, STOCK_SERVICE } from "./platforms.ts";
import { copyProject, freePort, PROJECT, type ProjectCopy } from "./project-copy.ts";
import { buildExample, buildPlainService } from "./runner-images.ts";
import { API, exampleFiles, shopConfig } from "./runner-platform.ts";
import { scenario } from "./scenario.ts";

const run = promisify(execFile);

/** Debian's `docker-compose`, or what `TIDEGATE_E2E_COMPOSE` names, such as `docker compose`. */
const COMPOSE = (process.env["TIDEGATE_E2E_COMPOSE"] ?? "docker-compose").split(" ");

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Compose in a project's folder, to its end. */
async function compose(
  project: ProjectCopy,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ended> {
  const [command = "", ...rest] = COMPOSE;
  const options = { cwd: project.dir, env: { ...process.env, ...env } };
  try {
    const { stdout, stderr } = await run(command, [...rest, "-p", project.name, ...args], options);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const failed = error as { code?: number; stdout?: string; stderr?: string };
    return { code: failed.code ?? -1, output: `${failed.stdout ?? ""}${failed.stderr ?? ""}` };
  }
}

/** `npm run compose > compose.yaml`, with npm's own banner and all. */
async function writeCompose(project: ProjectCopy): Promise<void> {
  const file = await open(join(project.dir, "compose.yaml"), "w");
  const args = ["run", "compose", "--", "--stack", project.name, "--project", project.dir];
  const child = spawn("npm", args, { cwd: PROJECT, stdio: ["ignore", file.fd, "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  await file.close();
  expect(code).toBe(0);
}

/** Names of the containers of the project by their exit codes; null: it runs. */
async function states(project: ProjectCopy): Promise<Readonly<Record<string, number | null>>> {
  const { stdout } = await run("docker", [
    "ps",
    "--all",
    "--filter",
    `label=com.docker.compose.project=${project.name}`,
    "--format",
    '{{.Label "com.docker.compose.service"}}\t{{.Status}}',
  ]);
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => {
        const [name = "", status = ""] = line.split("\t");
        return [name, status.startsWith("Up") ? null : Number(/\((\d+)\)/.exec(status)?.[1])];
      }),
  );
}

scenario(
  "60: Docker alone: one service brings its migrations, all of them run, a broken one holds its service",
  async ({ images, engine, note, afterwards }) => {
    const platform = await smallPlatform(await images.service("1"));
    const project = await copyProject("compose");
    const [postgres, orders, stock] = [await freePort(), await freePort(), await freePort()];
    const env = {
      POSTGRES_PORT: String(postgres),
      INGESTION_PORT: String(orders),
      ENRICHMENT_PORT: String(stock),
    };
    afterwards(async () => {
      await compose(project, env, "down", "--volumes", "--timeout", "2");
      await project.delete();
    });
    for (const [path, text] of Object.entries(platform.files)) await project.write(path, text);
    const services = platform.config["services"] as Record<string, object>;
    await project.configure({
      ...platform.config,
      context: engine.context,
      images: { migrator: images.migrator },
      server: { kind: "docker", version: 17 },
      services: {
        ...services,
        [STOCK_SERVICE]: {
          ...services[STOCK_SERVICE],
          port: 3001,
          env: { SERVICE_NAME: STOCK_SERVICE },
        },
      },
    });
    await writeCompose(project);
    const text = await readFile(join(project.dir, "compose.yaml"), "utf8");
    expect(text.startsWith("# Written by npm run compose.")).toBe(true);
    const passwords = (await readFile(join(project.dir, ".env"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => line.slice(line.indexOf("=") + 1));
    expect(passwords.length).toBe(1 + 2 + 4);
    expect(passwords.filter((password) => text.includes(password))).toEqual([]);
    expect((await stat(join(project.dir, ".env"))).mode & 0o777).toBe(0o600);

    const one = await compose(project, env, "up", "-d", ORDERS_SERVICE);
    expect(one.code, one.output).toBe(0);
    expect(await states(project)).toEqual({
      postgres: null,
      "battlescope-ingestion-bootstrap": 0,
      "battlescope-ingestion-migrate": 0,
      [`${ORDERS_SERVICE}-login`]: 0,
      [ORDERS_SERVICE]: null,
    });
    const ready = async (port: number): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
    await until("the service is ready", () => ready(orders));
    note(
      `${COMPOSE.join(" ")} up -d ${ORDERS_SERVICE}: ${Object.keys(await states(project)).join(", ")}`,
    );

    const all = await compose(project, env, "up", "-d");
    expect(all.code, all.output).toBe(0);
    await until("the other is ready", () => ready(stock));
    const again = await compose(project, env, "run", "--rm", "battlescope-ingestion-migrate");
    expect(again.code, again.output).toBe(0);
    expect(again.output).toContain('"applied":[]');
    note("up -d: the other service too; migrated again, nothing is pending");

    const before = await states(project);
    await project.write(`migrations/${STOCK}/006_broken.sql`, "select 1/0;\n");
    await project.write(`migrations/${ORDERS}/006_fine.sql`, "create table fine (id int);\n");
    await writeCompose(project);
    const first = await readFile(join(project.dir, ".env"), "utf8");
    expect(
      first
        .trim()
        .split("\n")
        .map((line) => line.slice(line.indexOf("=") + 1)),
    ).toEqual(passwords);
    const held = await compose(project, env, "up", "-d", "--force-recreate", STOCK_SERVICE);
    expect(held.code).not.toBe(0);
    expect((await states(project))["battlescope-enrichment-migrate"]).toBe(1);
    const log = await compose(project, env, "logs", "--no-color", "battlescope-enrichment-migrate");
    expect(log.output).toContain("division by zero");
    expect(passwords.filter((password) => log.output.includes(password))).toEqual([]);
    const fine = await compose(project, env, "up", "-d", ORDERS_SERVICE);
    expect(fine.code, fine.output).toBe(0);
    await until("the unaffected service is ready", () => ready(orders));
    expect(Object.keys(before).length).toBe(9);
    note(`a broken migration: ${held.output.trim().split("\n").at(-1)}`);

    await rm(join(project.dir, ".env"));
    const without = await compose(project, env, "config");
    expect(without.code).not.toBe(0);
    expect(without.output).toContain("npm run compose writes it into .env");
    note(`without .env: ${without.output.trim().split("\n").at(-1)}`);
    // The cleanup reads it too.
    await project.write(".env", first);
  },
);

scenario(
  "61: Docker alone: another tool migrates in its own image; its failure holds the service",
  async ({ images, engine, note, afterwards }) => {
    const project = await copyProject("tool");
    const [postgres, api] = [await freePort(), await freePort()];
    const env = { POSTGRES_PORT: String(postgres), API_PORT: String(api) };
    afterwards(async () => {
      await compose(project, env, "down", "--volumes", "--timeout", "2");
      await project.delete();
    });
    const files = await exampleFiles("knex/migrations", "shop/migrations");
    for (const [path, text] of Object.entries(files)) await project.write(path, text);
    const runner = {
      image: await buildExample(engine, "knex"),
      args: ["migrate:latest"],
      env: { NODE_ENV: "production" },
      history: "knex",
      migrations: "shop/migrations",
      mount: "/app/migrations",
    };
    await project.configure({
      ...shopConfig(runner, await buildPlainService(engine)),
      context: engine.context,
      images: { migrator: images.migrator },
      server: { kind: "docker", version: 17 },
    });
    await writeCompose(project);
    const up = await compose(project, env, "up", "-d", API);
    expect(up.code, up.output).toBe(0);
    const done = { postgres: null, "shop-bootstrap": 0, "shop-migrate": 0, "api-login": 0 };
    expect(await states(project)).toEqual({ ...done, [API]: null });
    const sql = async (text: string): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${api}/sql?text=${encodeURIComponent(text)}`);
      return await answer.json();
    };
    const rows = await until("the service's answer", async () => {
      try {
        return await sql("insert into things (name) values ('bolt') returning name");
      } catch {
        return undefined;
      }
    });
    expect(rows, "the app uses what the tool made").toEqual({ rows: [{ name: "bolt" }] });
    const owner = "select tableowner as owner from pg_tables where tablename = 'things'";
    expect(await sql(owner)).toEqual({ rows: [{ owner: "shop_owner" }] });
    note(`migrate:latest in the tool's image: ${Object.keys(await states(project)).join(", ")}`);

    await project.write(
      "shop/migrations/20261103090000_broken.js",
      'export const up = (knex) => knex.raw("alter table thing add column colour text");\nexport const down = () => undefined;\n',
    );
    await writeCompose(project);
    const held = await compose(project, env, "up", "-d", "--force-recreate", API);
    expect(held.code).not.toBe(0);
    const log = await compose(project, env, "logs", "--no-color", "shop-migrate");
    expect(log.output).toContain('relation "thing" does not exist');
    note(`a broken one: ${held.output.trim().split("\n").at(-1)}`);
  },
);
