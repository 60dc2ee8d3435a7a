import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Engine } from "./requirements.ts";
import { PROJECT } from "./project-copy.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

/** Names of the sample in the runbook, which a scenario's stack has names of its own for. */
const NAMESPACE = /(?<=-n )battlescope\b/g;
const PREFIX = /(?<=::|name=\^)tidegate-/g;

/**
 * Runs the commands of one section of docs/runbook.md, or another page, as they stand there, with this stack's names and
 * CLI: a runbook that nobody runs is wrong by the first night on which it is needed.
 *
 * @param heading of the section, without its marks.
 * @param page the file; default the runbook.
 * @param blocks which of the section's blocks of commands, from 0; default all.
 * @returns what they printed.
 */
export async function runRunbook(
  stack: TestStack,
  engine: Engine,
  heading: string,
  page = "docs/runbook.md",
  blocks?: readonly number[],
): Promise<string> {
  const script = (await readSection(heading, page, blocks))
    .replaceAll("npx pulumi", "pulumi")
    .replaceAll(/pulumi (up|destroy|refresh)\b/g, "pulumi $1 --yes --skip-preview --color never")
    .replaceAll(/pulumi cancel\b/g, "pulumi cancel --yes")
    .replaceAll(NAMESPACE, stack.name)
    .replaceAll(PREFIX, `${stack.name}-`);
  const { stdout, stderr } = await run("bash", ["-euo", "pipefail", "-c", script], {
    cwd: stack.project.dir,
    env: {
      ...stack.env,
      PATH: `${dirname(engine.pulumi.command)}:${stack.env["PATH"] ?? ""}`,
      PULUMI_STACK: stack.name,
    },
  });
  stack.addPrinted(stdout + stderr);
  return stdout + stderr;
}

async function readSection(
  heading: string,
  page: string,
  wanted: readonly number[] | undefined,
): Promise<string> {
  const text = await readFile(join(PROJECT, page), "utf8");
  const [, marks = "", section = ""] = new RegExp(`^(##+) ${heading}$([^]*)`, "m").exec(text) ?? [];
  // Up to the next section that is no part of this one.
  const [own = ""] = section.split(new RegExp(`^#{2,${marks.length}} `, "m"));
  const blocks = own.matchAll(/```sh\n([^]*?)```/g);
  const commands = [...blocks]
    .map(([, block = ""]) => block)
    .filter((_, index) => wanted?.includes(index) ?? true);
  if (commands.length === 0) throw new Error(`${page} has no commands under '${heading}'`);
  return commands.join("\n");
}
