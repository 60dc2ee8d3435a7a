import { parseArgs } from "node:util";
import { SCENARIOS, type Scenario } from "./results.ts";

export interface Options {
  readonly scenarios: readonly Scenario[];
  /** Rows to measure; empty: all. */
  readonly rows: readonly string[];
  /** Runs of the no-op; the others take a part of it. */
  readonly runs: number;
  /** Whether the page in docs/ is written. */
  readonly write: boolean;
  readonly help: boolean;
}

/** Runs of the no-op that give medians which repeat within a few per cent, in about 12 minutes for all. */
const RUNS = 15;

export const HELP = `npm run bench -- [flags]

Measures Tidegate beside other migration runners and writes docs/benchmark.md. About 12 minutes; the
machine should do nothing else. Needs Linux with bash, GNU time and psql, and Go for the peers in Go;
what is missing becomes a row that says so.

  --only A,B     only these scenarios: ${SCENARIOS.join(", ")}; prints and writes no page
  --rows A,B     only these rows; prints and writes no page
  --runs N       runs of the no-op (default ${RUNS}); the other scenarios make a half or a fifth of it
  --help         this text

BENCH_NODE=FILE  the Node that runs Tidegate and the peers in JavaScript (default: the one that runs this)
`;

/** @throws Error that says what is wrong with the arguments */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      rows: { type: "string" },
      runs: { type: "string", default: String(RUNS) },
      help: { type: "boolean", default: false },
    },
  });
  const names = values.only?.split(",") ?? SCENARIOS;
  const scenarios = SCENARIOS.filter((scenario) => names.includes(scenario));
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario === name));
  if (unknown.length > 0) {
    throw new Error(
      `--only ${unknown.join(",")}: no such scenario; there are ${SCENARIOS.join(", ")}`,
    );
  }
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new Error(`--runs ${values.runs}: give a whole number from 1 on`);
  }
  const rows = values.rows?.split(",") ?? [];
  const write = values.only === undefined && values.rows === undefined;
  return { scenarios, rows, runs, write, help: values.help };
}
