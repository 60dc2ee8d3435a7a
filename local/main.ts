import { loadPlatformFile, PROJECT_DIR } from "../config/load-file.ts";
import { ConfigError } from "../config/problem.ts";
import { runDev } from "./dev.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import type { RunProblem } from "./platform-run.ts";
import { makePrinter } from "./printer.ts";
import { withStopSignal } from "./stop-signal.ts";
import { summaryTable } from "./summary.ts";
import { UserError } from "./user-error.ts";

/** The exit codes: as wanted; not so, with the reason printed; wrong flags. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const write = (text: string): void => void process.stdout.write(text);

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, PROJECT_DIR);
  if (options.help) {
    write(HELP);
    return EXIT.done;
  }
  return await withStopSignal((signal) => dev(options, signal));
}

async function dev(options: Options, signal: AbortSignal): Promise<number> {
  let settled = false;
  const begun = performance.now();
  const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(1);
  const warnings: string[] = [];
  const spec = await loadPlatformFile(options.stack, {
    projectDir: options.project,
    build: false,
    // The runner reads the folder again, closes the gate of that one database and says why.
    brokenFoldersAreEmpty: true,
    onWarning: (message) => void warnings.push(message),
  });
  const say = makePrinter({
    write,
    colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    subjects: ["postgres", ...[...spec.databases, ...spec.services].map(({ name }) => name)],
  });
  for (const text of warnings) {
    const database = /^databases\.([^.]+)\./.exec(text)?.[1];
    say({ subject: database ?? "postgres", tone: "notice", text });
  }
  const problems = await untilStopped(signal, () =>
    runDev({
      options,
      spec,
      say,
      signal,
      onSettled: (run, platform) => {
        settled = true;
        write(`\n${summaryTable(platform, (service) => run.stateOf(service))}\n\n`);
        const found = run.problems();
        if (found.length === 0) {
          const next = options.once ? "" : "; Ctrl-C ends it and keeps the data";
          write(`all ready after ${seconds()} s${next}\n`);
          return;
        }
        write(
          `${found.length === 1 ? "1 problem" : `${found.length} problems`} after ${seconds()} s:\n`,
        );
        for (const { subject, reason } of found) {
          write(`- ${subject}: ${reason.replaceAll("\n", "\n    ")}\n`);
        }
      },
    }),
  );
  if (signal.aborted && !settled) write("ended before everything was ready\n");
  else if (signal.aborted) write("ended; the data is kept\n");
  if (!options.once) return EXIT.done;
  return settled && problems.length === 0 ? EXIT.done : EXIT.failed;
}

/** Nothing was wrong where the developer ended it, wherever that hit. */
async function untilStopped(
  signal: AbortSignal,
  use: () => Promise<readonly RunProblem[]>,
): Promise<readonly RunProblem[]> {
  try {
    return await use();
  } catch (error) {
    if (signal.aborted && error instanceof Error && error.name === "AbortError") return [];
    throw error;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError) && !(error instanceof ConfigError)) throw error;
  process.stderr.write(`npm run dev: ${error.message}\n`);
  process.exitCode = error instanceof UserError && error.usage ? EXIT.usage : EXIT.failed;
}
