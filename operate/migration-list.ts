import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import type { MigrationRun } from "../components/migration-run.ts";
import { migrationTable } from "./migration-table.ts";
import { pulumiRoot } from "./pulumi-root.ts";

const run = promisify(execFile);

const HELP = `npm run migration:list -- [--stack NAME] [--project DIR]

Prints what every migration Job of a stack did, from the stack's output "migrations":
no cluster and no database is asked. The same as data: pulumi stack output migrations --json
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stack: { type: "string" },
      project: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const { stdout } = await run(pulumiRoot(process.env).command, [
    "stack",
    "output",
    "migrations",
    "--json",
    ...(values.stack === undefined ? [] : ["--stack", values.stack]),
    ...(values.project === undefined ? [] : ["--cwd", values.project]),
  ]);
  const runs: readonly MigrationRun[] = JSON.parse(stdout);
  process.stdout.write(`${migrationTable(runs)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const said = typeof error === "object" && error !== null && Reflect.get(error, "stderr");
  const text = typeof said === "string" && said !== "" ? said : String(error);
  process.stderr.write(`npm run migration:list: ${text.trim()}\n`);
  process.exitCode = 1;
}
