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
 * Runs all commands of one section of docs/runbook.md as they stand there, with this stack's names and
 * CLI: a runbook that nobody runs is wrong by the first night on which it is needed.
 *
 * @param heading of the section, without its marks.
 * @param page with the section; default the runbook.
 * @returns what they printed.
 */
export async function runRunbook(
  stack: TestStack,
  engine: Engine,
  heading: string,
  page = "docs/runbook.md",
): Promise<string> {
  const script = (await readSection(page, heading))
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

async function readSection(file: string, heading: string): Promise<string> {
  const page = await readFile(join(PROJECT, file), "utf8");
  const [, section] = page.split(new RegExp(`^## ${heading}$`, "m"));
  const blocks = (section ?? "").split(/^## /m)[0]?.matchAll(/```sh\n([^]*?)```/g) ?? [];
  const commands = [...blocks].map(([, text = ""]) => text);
  if (commands.length === 0) throw new Error(`${file} has no commands under '${heading}'`);
  return commands.join("\n");
}
