import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type TestProject, withTestProject } from "./test-project.ts";
import { ask, flagsOf, runOnce, withRun } from "./test-run.ts";

describe("while it runs", () => {
  test("applies a migration that is saved and restarts the services behind it, and only those", () =>
    withTestProject((project) =>
      withRun(flagsOf(project, "--only", "notification,ingestion"), async (run) => {
        await run.prints("all ready after");
        const folder = project.migrations("battlescope_notification");
        const broken = join(folder, "006_add_note.sql");
        const before = run.output().length;

        await writeFile(broken, "alter table no_such_table add column note text;\n");
        await run.prints('006_add_note.sql:1: relation "no_such_table" does not exist', before);
        expect((await ask(project.ports.notification, "/readyz"))?.status).toBe(200);
        expect(run.output().slice(before)).not.toContain("restarts");

        await writeFile(broken, "create table note (id bigint primary key);\n");
        await run.prints("restarts: battlescope_notification migrated", before);
        await run.prints(`ready on http://localhost:${project.ports.notification}`, before);
        expect(await ask(project.ports.notification, "/")).toMatchObject({
          body: { databases: [{ schemaVersion: "006_add_note" }] },
        });
        expect(run.output().slice(before)).not.toMatch(/^ingestion .*restarts/m);

        const applied = run.output().length;
        await writeFile(broken, "create table note (id bigint primary key, text text);\n");
        await run.prints("006_add_note.sql was changed after it was applied", applied);
        await run.prints("or, where it was never deployed: end npm run dev, remove ", applied);
        expect((await ask(project.ports.notification, "/readyz"))?.status).toBe(200);
        expect(run.output().slice(applied)).not.toContain("restarts");

        await appendFile(join(project.path, "examples/battlescope/service/dist/server.cjs"), "\n");
        await run.prints("restarts: its program has changed", applied);
        await run.prints(`ready on http://localhost:${project.ports.notification}`, applied);
        await run.prints(`ready on http://localhost:${project.ports.ingestion}`, applied);
      }),
    ));

  test("starts again after a kill that left its services and its Postgres behind", () =>
    withTestProject(async (project) => {
      const flags = flagsOf(project, "--only", "ingestion");
      await withRun(flags, async (run) => {
        await run.prints("all ready after");
        run.signal("SIGKILL");
        expect(await run.ended()).toBeNull();
      });
      expect((await ask(project.ports.ingestion, "/healthz"))?.status).toBe(200);
      const { code, output } = await runOnce(project, "--only", "ingestion");
      expect(code, output).toBe(0);
      expect(output).toContain("a run before was killed; ending what it left: postgres, ingestion");
      expect(output).toContain("(nothing pending)");
    }));

  test("refuses a second run on its data folder, and names the first", () =>
    withTestProject((project) =>
      withRun(flagsOf(project, "--only", "ingestion"), async (run) => {
        await run.prints("all ready after");
        const second = await runOnce(project);
        expect(second.code).toBe(1);
        expect(second.output).toMatch(
          new RegExp(
            `^npm run dev: another npm run dev \\(process ${run.pid}, since .*--data DIR\\n$`,
          ),
        );
        expect((await ask(project.ports.ingestion, "/readyz"))?.status).toBe(200);
      }),
    ));

  test("starts a service that crashes again, and shows its last lines", () =>
    withTestProject((project) =>
      withRun(flagsOf(project, "--only", "ingestion"), async (run) => {
        await run.prints("all ready after");
        const before = run.output().length;
        process.kill(await pidOf(project, "ingestion"), "SIGKILL");
        await run.prints("ended by itself: signal SIGKILL", before);
        await run.prints("starts again in 1 s", before);
        await run.prints('"event":"started"', before);
        await run.prints("ready on http://localhost", before);
        expect((await ask(project.ports.ingestion, "/readyz"))?.status).toBe(200);
      }),
    ));
});

async function pidOf(project: TestProject, service: string): Promise<number> {
  const record: unknown = JSON.parse(await readFile(join(project.data, "run.json"), "utf8"));
  const { processes } = record as { processes: readonly { name: string; pid: number }[] };
  const found = processes.find(({ name }) => name === service);
  if (found === undefined) throw new Error(`${service} is not in the record of the run`);
  return found.pid;
}
