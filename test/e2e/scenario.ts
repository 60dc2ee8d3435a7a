import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildImages, type Images } from "./images.ts";
import { searchLeaks } from "./leaks.ts";
import { report, secondsSince } from "./report.ts";
import { type Engine, findEngine } from "./requirements.ts";
import { makeStack, type StackRequest } from "./scenario-stack.ts";
import type { TestStack } from "./test-stack.ts";

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

async function expectNoLeaks(stack: TestStack, note: (line: string) => void): Promise<void> {
  const { passwords, searched, leaks } = await searchLeaks(stack);
  const sizes = Object.entries(searched).map(([place, size]) => `${place} ${size}`);
  note(`leaks: ${leaks.length} of ${passwords} passwords in: ${sizes.join("; ")}`);
  expect(passwords, "a search for no passwords proves nothing").toBeGreaterThan(0);
  expect(leaks).toEqual([]);
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
