import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import {
  SERVICE_NAMES,
  SERVICES,
  type TestProject,
  versionsIn,
  withTestProject,
} from "./test-project.ts";
import { ask, flagsOf, runOnce, withRun } from "./test-run.ts";

const READERS = ["search", "bff"];

describe("npm run dev from an empty folder", () => {
  test("starts every service on its own database, with its own login, at the newest version", () =>
    withTestProject(async (project) => {
      await withRun(flagsOf(project), async (run) => {
        await run.prints("all ready after");
        for (const name of SERVICE_NAMES) {
          expect(await ask(project.ports[name], "/"), name).toEqual({
            status: 200,
            body: {
              service: name,
              version: "dev",
              databases: await Promise.all(
                SERVICES[name].map(async (database) => ({
                  database,
                  login: `${name}_a`,
                  role: READERS.includes(name) ? "readonly" : "app",
                  schemaVersion: (await versionsIn(project.migrations(database))).at(-1),
                })),
              ),
            },
          });
          expect(run.output()).toContain(`http://localhost:${project.ports[name]}`);
        }
        run.signal("SIGTERM");
        expect(await run.ended()).toBe(0);
        expect(run.output()).toContain("ended; the data is kept");
        await expectNoSecret(project, run.output());
      });
      for (const name of SERVICE_NAMES) expect(await ask(project.ports[name], "/")).toBeUndefined();

      const again = await runOnce(project);
      expect(again.code, again.output).toBe(0);
      expect(again.output).toContain("all ready after");
      expect(again.output.match(/\(nothing pending\)/g)).toHaveLength(5);
      expect(again.output).not.toContain("applied");
    }));

  test("keeps data and passwords where only their owner reads them", () =>
    withTestProject(async (project) => {
      const { code, output } = await runOnce(project, "--only", "ingestion");
      expect(code, output).toBe(0);
      expect((await stat(project.data)).mode & 0o777).toBe(0o700);
      for (const file of ["passwords.json", "postgres.log", "port"]) {
        expect((await stat(join(project.data, file))).mode & 0o777, file).toBe(0o600);
      }
      await expectNoSecret(project, output);
      await expectNoSecret(project, await readFile(join(project.data, "postgres.log"), "utf8"));
    }));
});

describe("a migration that fails at the start", () => {
  test("keeps the services behind its gate from starting, and the others answer until the end", () =>
    withTestProject(async (project) => {
      const file = "20261120000000_broken.sql";
      await writeFile(
        join(project.migrations("battlescope_battles"), file),
        "alter table battles add column note text;\n\nalter table no_such_table add column a int;\n",
      );
      const held = ["battle", "search", "bff", "frontend"];
      await withRun(flagsOf(project), async (run) => {
        await run.prints("5 problems after");
        for (const name of SERVICE_NAMES) {
          const answer = await ask(project.ports[name], "/readyz");
          expect(answer?.status, name).toBe(held.includes(name) ? undefined : 200);
        }
      });
      const { code, output } = await runOnce(project);
      expect(code).toBe(1);
      expect(output).toContain(
        `- battlescope_battles: examples/battlescope/migrations/battlescope_battles/${file}:3: relation "no_such_table" does not exist (SQLSTATE 42P01)`,
      );
      for (const name of held) {
        expect(output).toContain(
          `- ${name}: not started: the gate of battlescope_battles is closed: its migrations failed`,
        );
      }
      for (const name of ["authentication", "ingestion", "enrichment", "notification"]) {
        expect(output).toMatch(new RegExp(`^${name} +http://localhost:\\d+`, "m"));
      }
    }));

  test("closes only its own gate also where its file cannot even be read", () =>
    withTestProject(async (project) => {
      const folder = project.migrations("battlescope_notification");
      await writeFile(join(folder, "006_unfinished.ts"), "export async function up( {\n");
      const { code, output } = await runOnce(project, "--only", "notification,ingestion");
      expect(code).toBe(1);
      expect(output).toContain("006_unfinished.ts:2: it cannot be compiled");
      expect(output).toContain(
        "- notification: not started: the gate of battlescope_notification is closed: its migrations failed",
      );
      expect(output).toMatch(/^ingestion +http/m);
    }));
});

describe("a rollback that stands in the stack", () => {
  const stand = async (project: TestProject, to: string): Promise<void> => {
    const file = join(project.path, "Pulumi.test.yaml");
    const { config } = parse(await readFile(file, "utf8")) as { config: object };
    const rollback = { database: "battlescope_ingestion", to };
    await writeFile(file, stringify({ config: { ...config, "tidegate:rollback": rollback } }));
  };

  test("holds the database here too: what is newer is not applied, and its developer is told", () =>
    withTestProject(async (project) => {
      const folder = project.migrations("battlescope_ingestion");
      const to = (await versionsIn(folder)).at(-1) ?? "";
      await writeFile(join(folder, "20991231000000_newer.sql"), "create table newer (id int);\n");
      await stand(project, to);
      const { code, output } = await runOnce(project, "--only", "ingestion");
      expect(code, output).toBe(0);
      expect(output).toContain(
        `tidegate:rollback stands, so that nothing newer than ${to} is applied; what this database has already, it keeps`,
      );
      expect(output).toContain(`gate open, at ${to} (`);
      expect(output).not.toContain("applied 20991231000000_newer");
    }));

  test("to last-batch is refused, with what to write instead", () =>
    withTestProject(async (project) => {
      await stand(project, "last-batch");
      const { code, output } = await runOnce(project, "--only", "ingestion");
      expect(code).toBe(1);
      expect(output).toContain(
        "npm run dev: tidegate:rollback takes battlescope_ingestion back to last-batch, and which version that is only the stack's own database knows: name the version instead",
      );
    }));
});

describe("what the developer can put right", () => {
  test("a port that another program has is named with its service, and the others run", () =>
    withTestProject(async (project) => {
      const port = project.ports.notification;
      const other = createServer((_, response) => response.end("not the service"));
      await new Promise<void>((resolve) => {
        other.listen(port, "127.0.0.1", resolve);
      });
      try {
        const { code, output } = await runOnce(project, "--only", "notification,ingestion");
        expect(code).toBe(1);
        expect(output).toContain(
          `- notification: port ${port} of service notification cannot be used: another program listens on it; end that program, or change services.notification.port`,
        );
        expect(output).toMatch(/^ingestion +http/m);
      } finally {
        other.close();
      }
    }));

  test("data of another major version of Postgres is refused with the way out", () =>
    withTestProject(async (project) => {
      await mkdir(join(project.data, "postgres"), { recursive: true });
      await writeFile(join(project.data, "postgres", "PG_VERSION"), "16\n");
      const { code, output } = await runOnce(project);
      expect(code).toBe(1);
      expect(output).toContain(
        "holds data of PostgreSQL 16, and this is PostgreSQL 18, which cannot read it: remove",
      );
    }));

  test("a pid file that names some other process does not keep Postgres from starting", () =>
    withTestProject(async (project) => {
      const first = await runOnce(project, "--only", "frontend");
      expect(first.code, first.output).toBe(0);
      // Numbers of processes are used again: this one's is surely in use.
      const pidFile = join(project.data, "postgres", "postmaster.pid");
      await writeFile(pidFile, `${process.pid}\n/x\n0\n`);
      const { code, output } = await runOnce(project, "--only", "frontend");
      expect(code, output).toBe(0);
    }));

  test("a flag that does not exist ends with 2 and one line", () =>
    withRun(["--nope"], async (run) => {
      expect(await run.ended()).toBe(2);
      expect(run.output()).toBe(
        "npm run dev: Unknown option '--nope'; see npm run dev -- --help\n",
      );
    }));
});

async function expectNoSecret(project: TestProject, text: string): Promise<void> {
  const kept: unknown = JSON.parse(await readFile(join(project.data, "passwords.json"), "utf8"));
  const passwords = Object.values(kept as Record<string, string>);
  expect(passwords.length).toBeGreaterThan(2);
  for (const password of passwords) expect(text).not.toContain(password);
}
