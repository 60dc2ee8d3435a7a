import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./observe.ts";
import { PROJECT } from "./project-copy.ts";
import { EXAMPLES } from "./runner-images.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

/** The database and the service of these scenarios. */
export const SHOP = "shop";
export const API = "api";

/** One database that another tool migrates, and one service on it. */
export function shopConfig(
  runner: Readonly<Record<string, unknown>>,
  image: string,
): Readonly<Record<string, unknown>> {
  return {
    databases: { [SHOP]: { runner } },
    services: { [API]: { image, port: 3000, databases: { [SHOP]: "app" } } },
  };
}

/** The files of an example's folder of migrations, as those of a project. */
export async function exampleFiles(
  folder: string,
  target: string,
): Promise<Readonly<Record<string, string>>> {
  const dir = join(PROJECT, EXAMPLES, folder);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [`${target}/${path}`, await readFile(join(dir, path), "utf8")]),
    ),
  );
}

/** What the service gets for a statement, with its own login: rows, or the SQLSTATE. */
export async function ask(
  stack: TestStack,
  text: string,
): Promise<{ readonly rows?: readonly unknown[]; readonly code?: string }> {
  const url = `http://localhost:3000/sql?text=${encodeURIComponent(text)}`;
  const script = `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log)`;
  const deployment = `deployment/${API}`;
  const answer = await stack.cluster.kubectl("exec", deployment, "--", "node", "-e", script);
  return JSON.parse(answer) as { rows?: readonly unknown[]; code?: string };
}

/** Who owns a table. */
export async function ownerOf(stack: TestStack, table: string): Promise<string | undefined> {
  const rows = await stack.query<{ owner: string }>(
    SHOP,
    `select pg_get_userbyid(relowner)::text as owner from pg_class where oid = to_regclass('${table}')`,
  );
  return rows[0]?.owner;
}

/**
 * Starts the suspended CronJob `shop-rollback` as a Job, as the runbook does, and waits for its end.
 *
 * @param env set on the Job only
 * @returns its log
 */
export async function rollBack(
  stack: TestStack,
  name: string,
  env?: string,
): Promise<{ readonly succeeded: boolean; readonly log: string }> {
  const create = `kubectl --namespace ${stack.name} create job ${name} --from=cronjob/shop-rollback`;
  const command =
    env === undefined
      ? create
      : `${create} --dry-run=client --output=yaml | kubectl set env --local --filename - --containers=rollback ${env} --output=yaml | kubectl create --filename -`;
  await run("bash", ["-o", "pipefail", "-c", command]);
  const job = await until(
    `the end of Job ${name}`,
    async () =>
      (await stack.cluster.list("jobs", "app.kubernetes.io/component=rollback")).find(
        ({ metadata, status }) =>
          metadata.name === name && (status?.succeeded ?? 0) + (status?.failed ?? 0) > 0,
      ),
    120,
  );
  const log = await stack.cluster.kubectl("logs", `job/${name}`, "--container=rollback");
  return { succeeded: job.status?.succeeded === 1, log };
}
