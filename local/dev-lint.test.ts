import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { versionsIn, withTestProject } from "./test-project.ts";
import { runOnce } from "./test-run.ts";

test("npm run dev shows the risks of migrations as a preview does, and goes on", () =>
  withTestProject(async (project) => {
    const folder = project.migrations("battlescope_ingestion");
    const newest = /^\d+/.exec((await versionsIn(folder)).at(-1) ?? "")?.[0] ?? "";
    const after = (steps: bigint): string =>
      String(BigInt(newest) + steps).padStart(newest.length, "0");
    const [table, index] = [`${after(1n)}_table`, `${after(2n)}_index`];
    const files = {
      [`${table}.sql`]: "create table t (n int);",
      [`${table}.down.sql`]: "drop table t;",
      [`${index}.sql`]: "create index t_n on t (n);",
      [`${index}.down.sql`]: "drop index t_n;",
    };
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    const { code, output } = await runOnce(project, "--only", "ingestion");
    expect(code, output).toBe(0);
    expect(output).toMatch(
      /battlescope_ingestion +~ +databases\.battlescope_ingestion\.migrations: 1 risk in migrations; npx migrator check --migrations \S+ shows the safe ways/,
    );
    expect(output).toContain(`${index}.sql:1`);
    expect(output).toContain("all ready after");
  }));
