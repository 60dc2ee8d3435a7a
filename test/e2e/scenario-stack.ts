import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as automation from "@pulumi/pulumi/automation/index.js";
import type { Images } from "./images.ts";
import { copyProject, freePort } from "./project-copy.ts";
import { report } from "./report.ts";
import type { Engine } from "./requirements.ts";
import { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

/** What a stack of a scenario is made of. */
export interface StackRequest {
  /** A few letters for its names: `e2e-<part>-<random>`. */
  readonly part: string;
  /** Keys of the stack's configuration; they win over the harness's own (see `Scenario.stack`). */
  readonly config: Readonly<Record<string, unknown>>;
  /** Files of the project, by path: migrations. */
  readonly files?: Readonly<Record<string, string>>;
  /** Major version of Postgres; default 17. */
  readonly postgres?: number;
  /** Whether passwords are searched for at the end; default `true`. */
  readonly searchLeaks?: boolean;
}

/** A stack in a copy of the project; `cleanups` gets what removes both, for whoever ends the scenario. */
export async function makeStack(
  engine: Engine,
  built: Images,
  request: StackRequest,
  cleanups: (() => Promise<void>)[],
): Promise<TestStack> {
  const project = await copyProject(request.part);
  cleanups.push(project.delete);
  for (const [path, text] of Object.entries(request.files ?? {})) await project.write(path, text);
  const backend = await mkdtemp(join(tmpdir(), `${project.name}-state-`));
  cleanups.push(() => rm(backend, { recursive: true, force: true }));
  const port = await freePort();
  const major = request.postgres ?? 17;
  const server = {
    kind: "docker",
    version: major,
    publishedPort: port,
    image: await built.postgres(major),
  };
  const config = {
    namespace: project.name,
    context: engine.context,
    registry: engine.registry,
    images: { migrator: built.migrator },
    server,
    ...request.config,
  };
  const envVars = {
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
  };
  await project.configure(config);
  const stack = await automation.LocalWorkspace.createStack(
    { stackName: project.name, workDir: project.dir },
    { pulumiCommand: engine.pulumi, envVars },
  );
  const result = new TestStack({
    project,
    stack,
    command: engine.pulumi.command,
    env: { ...inherited(), ...envVars },
    postgres: config.server === server ? { host: "127.0.0.1", port } : undefined,
    config,
  });
  cleanups.push(() => removeStack(result));
  return result;
}

/** `destroy`, and whatever that leaves. */
async function removeStack(stack: TestStack): Promise<void> {
  await stack.settle();
  await stack.cli("cancel", "--yes");
  const { ok, output } = await stack.destroy();
  if (ok) return;
  report(`    destroy failed, its remains are deleted by hand: ${output.slice(-2000)}`);
  await stack.cluster.kubectl("delete", "namespace", stack.name, "--ignore-not-found", "--wait");
  const filter = ["--all", "--quiet", "--filter", `name=^${stack.name}-`];
  await removeAll(["ps", ...filter], ["rm", "--force"]);
  await removeAll(["volume", "ls", ...filter.slice(1)], ["volume", "rm"]);
}

async function removeAll(list: readonly string[], remove: readonly string[]): Promise<void> {
  const { stdout } = await run("docker", list);
  const ids = stdout.split("\n").filter((id) => id !== "");
  if (ids.length > 0) await run("docker", [...remove, ...ids]);
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}
