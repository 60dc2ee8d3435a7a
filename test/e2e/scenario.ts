import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { afterAll, expect, test } from "vitest";
import { buildImages, type Images } from "./images.ts";
import { searchLeaks } from "./leaks.ts";
import { copyProject, freePort } from "./project-copy.ts";
import { report, secondsSince } from "./report.ts";
import { type Engine, findEngine } from "./requirements.ts";
import { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

/** Where a namespace's pods hold on to a volume or a grace period, its end takes a while. */
const CLEANUP_TIMEOUT = 300_000;

const found = await findEngine();
const required = process.env["TIDEGATE_E2E"] === "required";
let skipped = 0;
let images: Promise<Images> | undefined;

afterAll(() => {
  if (skipped === 0 || !("missing" in found)) return;
  report(`e2e: ${skipped} skipped, because this is missing:`);
  for (const line of found.missing) report(`  - ${line}`);
});

/** What a stack of a scenario is made of. */
export interface StackRequest {
  /** A few letters for its names: `e2e-<part>-<random>`. */
  readonly part: string;
  /** Keys of the stack's configuration; they win over the harness's own (see {@link Scenario.stack}). */
  readonly config: Readonly<Record<string, unknown>>;
  /** Files of the project, by path: migrations. */
  readonly files?: Readonly<Record<string, string>>;
  /** Major version of Postgres; default 17. */
  readonly postgres?: number;
  /** Whether passwords are searched for at the end; default `true`. */
  readonly searchLeaks?: boolean;
}

/** What a scenario has at hand. */
export interface Scenario {
  readonly engine: Engine;
  readonly images: Images;
  /**
   * A new stack in a copy of the project. Unless `config` says otherwise it has a namespace of its own
   * name, the current kube context, a registry, the runner's image by digest, and a Postgres in Docker
   * on a free port that logs every statement. Nothing is deployed yet. Afterwards, also after a failure,
   * passwords are searched for and everything is removed.
   */
  readonly stack: (request: StackRequest) => Promise<TestStack>;
  /** Prints a figure or a sentence into the report. */
  readonly note: (line: string) => void;
  /** Calls `clean` at the end, also after a failure; the last one first. */
  readonly afterwards: (clean: () => Promise<void>) => void;
}

/**
 * Declares a scenario: a test that skips, and says why, where there is no engine; with
 * `TIDEGATE_E2E=required` it fails instead.
 *
 * @param timeout bound in milliseconds; default that of the project.
 */
export function scenario(
  title: string,
  body: (scenario: Scenario) => Promise<void>,
  timeout?: number,
): void {
  const options = timeout === undefined ? {} : { timeout };
  // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the caller's title and body
  test(title, options, async (context) => {
    if ("missing" in found) {
      if (required) {
        throw new Error(`TIDEGATE_E2E=required, and this is missing: ${found.missing.join("; ")}`);
      }
      skipped += 1;
      context.skip(found.missing.join("; "));
      return;
    }
    const started = performance.now();
    const note = (line: string): void => report(`    ${line}`);
    const cleanups: (() => Promise<void>)[] = [];
    context.onTestFinished(async () => {
      const failures: unknown[] = [];
      // One that fails must not keep the others from their work.
      for (const clean of cleanups.toReversed()) {
        await clean().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, "not everything was cleaned up");
    }, CLEANUP_TIMEOUT);
    report(`\n${title}`);
    images ??= buildImages(found.registry);
    const stacks: (() => Promise<void>)[] = [];
    const made: TestStack[] = [];
    try {
      await body({
        engine: found,
        images: await images,
        note,
        afterwards: (clean) => void cleanups.push(clean),
        stack: async (request) => {
          const stack = await makeStack(found, await images!, request, cleanups);
          made.push(stack);
          if (request.searchLeaks !== false) stacks.push(() => expectNoLeaks(stack, note));
          return stack;
        },
      });
      for (const search of stacks) await search();
      note(`passed in ${secondsSince(started)} s`);
    } catch (error) {
      note(`FAILED after ${secondsSince(started)} s: ${firstLines(error)}`);
      for (const stack of made) note(`what the CLI printed: ${await keepOutput(stack)}`);
      throw error;
    }
  });
}

async function makeStack(
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

async function expectNoLeaks(stack: TestStack, note: (line: string) => void): Promise<void> {
  const { passwords, searched, leaks } = await searchLeaks(stack);
  const sizes = Object.entries(searched).map(([place, size]) => `${place} ${size}`);
  note(`leaks: ${leaks.length} of ${passwords} passwords in: ${sizes.join("; ")}`);
  expect(passwords, "a search for no passwords proves nothing").toBeGreaterThan(0);
  expect(leaks).toEqual([]);
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}

/** For whoever looks into a failure; the folder of the project is gone by then. */
async function keepOutput(stack: TestStack): Promise<string> {
  const file = join(tmpdir(), `${stack.name}.log`);
  await writeFile(file, stack.printed.join(`\n${"-".repeat(80)}\n`));
  return file;
}

function firstLines(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .split("\n")
    .slice(0, 3)
    .join(" | ");
}
