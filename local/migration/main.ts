import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { currentContext } from "../../config/current-context.ts";
import { loadPlatformFile, PROJECT_DIR } from "../../config/load-file.ts";
import { ConfigError } from "../../config/problem.ts";
import { UserError } from "../user-error.ts";
import { kubectlIn } from "./kubectl.ts";
import { readMigrationOptions } from "./options.ts";
import { runInCluster } from "./run-in-cluster.ts";

/** The exit codes: as wanted; not so, with the reason printed; wrong flags. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** A variable of each set from which the runner takes a connection. */
const CONNECTIONS = ["DATABASE_URL", "PGHOST", "PGDATABASE", "POSTGRES_HOST", "DB_HOST"];

async function main(args: readonly string[]): Promise<number> {
  const { command, database, stack, project, name, flags } = readMigrationOptions(
    args,
    PROJECT_DIR,
  );
  const given = CONNECTIONS.some((variable) => (process.env[variable] ?? "") !== "");
  const local = command === "create" || given;
  const spec = await loadPlatformFile(stack, {
    projectDir: project,
    build: false,
    brokenFoldersAreEmpty: true,
    // Only a command that touches a cluster minds which one is current.
    ...(!local && { current: await currentContext(process.env, homedir()) }),
  });
  const found = spec.databases.find((each) => each.name === database);
  if (found === undefined) {
    const names = spec.databases.map((each) => each.name).join(", ");
    throw new UserError(`stack ${stack} has no database '${database}' (it has: ${names})`, {
      usage: true,
    });
  }
  if (found.runner !== undefined) {
    throw new UserError(
      `another tool migrates '${database}' (databases.${database}.runner): ask it`,
    );
  }
  if (local) {
    const folder =
      command === "history" ? [] : ["--migrations", join(project, found.migrationsDir)];
    return await runner([command, ...(name === undefined ? [] : [name]), ...folder, ...flags]);
  }
  if (!found.manualRuns) {
    throw new UserError(
      `'${database}' has no CronJob ${found.kubeName}-status: it is made with strategy job or manual, and manualRuns: true`,
    );
  }
  const { context, migrationNamespace: namespace = spec.namespace } = spec;
  process.stderr.write(`stack ${stack}, context ${context}, namespace ${namespace.name}\n`);
  const kubectl = kubectlIn({ context, namespace: namespace.name });
  const { ok, output } = await runInCluster(kubectl, `${found.kubeName}-status`, command);
  process.stdout.write(output);
  return ok ? EXIT.done : EXIT.failed;
}

/** The runner of this checkout, on this terminal. */
async function runner(args: readonly string[]): Promise<number> {
  const program = join(PROJECT_DIR, "migrator/bin/migrator.cjs");
  const child = spawn(process.execPath, [program, ...args], { stdio: "inherit" });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? EXIT.failed));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError) && !(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UserError && error.usage ? EXIT.usage : EXIT.failed;
}
