import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { expect, inject, test } from "vitest";

import { bundleFolder, toDeliveredFiles } from "../../src/bundle/index.ts";
import { runRunner, withFolder } from "./runner-process.ts";
import { createDatabase } from "./test-database.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Writes down every process that is started, whatever function starts it. */
const WATCH = `
const { appendFileSync } = require("node:fs");
const { ChildProcess } = require("node:child_process");
const spawn = ChildProcess.prototype.spawn;
ChildProcess.prototype.spawn = function (options) {
  appendFileSync(process.env.STARTED, options.args.slice(0, 2).join(" ") + "\\n");
  return spawn.call(this, options);
};
`;

test("what up and wait load never imports the parser, nor the process that it runs in", async () => {
  const { metafile } = await build({
    entryPoints: [MAIN],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "cjs",
    external: ["pg-native", "esbuild"],
    logLevel: "error",
  });
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) {
      // A command's file is loaded when it is asked for, and what only check, plan and create need by these.
      if (kind !== "dynamic-import") visit(path);
    }
  };
  const all = Object.keys(metafile.inputs);
  for (const start of ["main.ts", "command-up.ts", "command-wait.ts"]) {
    visit(all.find((file) => file.endsWith(`src/cli/${start}`)) ?? "");
  }
  expect(all.filter((file) => file.endsWith("parser-process.ts"))).toHaveLength(1);
  expect(
    [...reached].filter((file) => /run-migrations\.ts$|wait-schema\.ts$/.test(file)),
  ).toHaveLength(2);
  expect(
    [...reached].filter((file) => /libpg-query|parser-pro|lint\/lint-|kysely/.test(file)),
  ).toEqual([]);
});

test("up and wait start no process, of SQL and TypeScript; check does", async () => {
  const [server] = inject("servers");
  if (server === undefined) throw new Error("no server was started");
  const database = await createDatabase(server);
  const code =
    "export async function up(db) { await db.schema.createTable('b').addColumn('id', 'integer').execute(); }\n";
  const files = await withFolder(
    { "001_a.sql": "create table a ();\n", "002_b.ts": code },
    async ({ path }) => toDeliveredFiles(await bundleFolder(path)),
  );
  await withFolder({}, async (folder) => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(folder.file(file)), { recursive: true });
      await folder.write(file, text);
    }
    const [watch, started] = [folder.beside("watch.cjs"), folder.beside("started")];
    await writeFile(watch, WATCH);
    await writeFile(started, "");
    const env = {
      DATABASE_URL: database.url,
      MIGRATIONS_DIR: folder.path,
      NODE_OPTIONS: `--require ${watch}`,
      STARTED: started,
    };
    for (const command of ["wait", "up", "up", "status"]) {
      expect([command, (await runRunner([command], env)).code]).toEqual([command, 0]);
    }
    expect(await readFile(started, "utf8")).toBe("");
    await runRunner(["check"], env);
    expect(await readFile(started, "utf8")).toContain("--liftoff-only");
  });
});
