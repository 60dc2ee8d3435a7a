import type { Bench, FloorRow } from "./bench.ts";
import { figure, type Row, type Scenario, type Spread, spreadOf } from "./results.ts";
import { DELAY, WIDE_TABLES } from "./scenarios.ts";
import { SETTINGS } from "./server.ts";

const NONE = "–";

/** The page in docs/, from nothing but what was measured. */
export function page(bench: Bench): string {
  const { machine, rows, floors, options, validation } = bench;
  const measured = rows.filter(({ missing }) => missing === undefined);
  const missing = rows.filter((row) => row.missing !== undefined);
  return `# Benchmark

Written by \`npm run bench\` on ${machine.day}; not by hand. Medians; the least and the most of each are below.
A migration makes one table and one index. CPU and wall times are in ms, memory (the most that was resident)
and sizes in MB.

| runner | no-op: CPU / wall / memory | no-op beside ${WIDE_TABLES} tables, wall | apply 200: CPU / wall / memory | apply 2,000: CPU / wall / memory | apply 200 over a network, wall | ten at once, empty database | own files |
| --- | --: | --: | --: | --: | --: | --- | --: |
${measured.map(mainRow).join("\n")}
${missing.map(({ name, missing: why = "" }) => `| ${name} | not measured: ${oneLine(why)} | | | | | | |`).join("\n")}

Floors, for what starts and does nothing:

| program | CPU / wall / memory |
| --- | --: |
${floors.map((floor) => `| ${floor.name} | ${floorCells(floor)} |`).join("\n")}
${
  validation === null
    ? ""
    : `
Tidegate reads and checks a folder of ${thousands(validation.files)} SQL files, Postgres' own parser and the start of
both processes included (\`migrator check\`), in ${rangeOf(validation.wall)} ms.
`
}
## What is measured

- **no-op**: \`up\` where all of 200 migrations are applied.
- **no-op beside ${WIDE_TABLES} tables**: the same in a database with that many more tables, of 20 columns each.
- **apply**: all migrations, on an empty database. A run counts only when all tables are there afterwards.
- **over a network**: through a proxy that holds back each packet for ${DELAY} ms each way, which makes about
  4.5 ms there and back.
- **ten at once**: ten processes start together on an empty database; how many of them end with 0, in each round,
  and how long the last one takes.
- **own files**: the program with all packages that it needs, without Node. Tidegate's are what a Job
  loads; its image also holds a compiler and Postgres' parser, for \`check\` and for folders as written, and
  V8's code cache (0.35 MB), which the image's build makes and its starts are measured with.
- **psql** sends one file with all statements, each its own transaction, and keeps no history: the floor.

Every row gets the same migrations in its own format; where that has one, with a way down. dbmate is started
without its script around it, kysely-ctl without its question for a newer version, Tidegate gets the folder as a Job
gets it. The runs of all rows are interleaved: ${options.runs} of the no-op, ${Math.ceil(options.runs / 2)} of apply 200, ${Math.ceil(options.runs / 5)} of the rest.

## Where

| | |
| --- | --- |
| machine | ${machine.processor}, ${machine.memory} |
| system | ${machine.system} |
| load when it began | ${machine.load.toFixed(1)} |
| Node of all rows in JavaScript | ${machine.node} |
| Postgres | ${machine.postgres} on the same machine, ${settings()}, SCRAM, no TLS |
${measured.map(({ name, version }) => `| ${name} | ${version} |`).join("\n")}

CPU and wall times are bash's \`time\`, of the process and all its children; memory is GNU time's.

## Least to most

| runner | no-op CPU | no-op wall | apply 200 CPU | apply 200 wall | apply 2,000 wall | over a network, wall |
| --- | --: | --: | --: | --: | --: | --: |
${measured.map(rangeRow).join("\n")}
${failures(rows)}`;
}

function mainRow(row: Row): string {
  const cells = [
    row.name,
    triple(row, "no-op"),
    short(figure(row, "wide", "wall")),
    triple(row, "apply-200"),
    triple(row, "apply-2000"),
    short(figure(row, "delay", "wall")),
    rounds(row),
    row.bytes === null ? NONE : (row.bytes / 1e6).toFixed(row.bytes < 1e6 ? 2 : 1),
  ];
  return `| ${cells.join(" | ")} |`;
}

function triple(row: Row, scenario: Scenario): string {
  const cpu = figure(row, scenario, "cpu");
  if (cpu === null) return row.failures.has(scenario) ? "failed" : NONE;
  const wall = figure(row, scenario, "wall");
  const memory = figure(row, scenario, "memory");
  return `${short(cpu)} / ${short(wall)} / ${short(memory)}`;
}

function floorCells({ samples }: FloorRow): string {
  const of = (key: "cpu" | "wall" | "memory"): string =>
    short(spreadOf(samples.map((sample) => sample[key])));
  return samples.length === 0 ? NONE : `${of("cpu")} / ${of("wall")} / ${of("memory")}`;
}

function rounds({ rounds: all }: Row): string {
  if (all.length === 0) return NONE;
  const wall = spreadOf(all.map((round) => round.wall));
  const outcomes = new Set(
    all.map(({ succeeded, tables }) =>
      tables === 200 ? `${succeeded} succeed` : `${succeeded} succeed, ${tables} tables`,
    ),
  );
  return `${[...outcomes].join("; ")}; ${short(wall)} ms`;
}

function rangeRow(row: Row): string {
  const cells = [
    rangeOf(figure(row, "no-op", "cpu")),
    rangeOf(figure(row, "no-op", "wall")),
    rangeOf(figure(row, "apply-200", "cpu")),
    rangeOf(figure(row, "apply-200", "wall")),
    rangeOf(figure(row, "apply-2000", "wall")),
    rangeOf(figure(row, "delay", "wall")),
  ];
  return `| ${row.name} | ${cells.join(" | ")} |`;
}

/** What went wrong while it was measured, as such a cell is worth asking about. */
function failures(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ name, failures: all }) =>
    [...all].map(([scenario, why]) => `- ${name}, ${scenario}: ${oneLine(why)}`),
  );
  return lines.length === 0 ? "" : `\n## Failed\n\n${lines.join("\n")}\n`;
}

function short(spread: Spread | null): string {
  return spread === null ? NONE : thousands(Math.round(spread.median));
}

function rangeOf(spread: Spread | null): string {
  if (spread === null) return NONE;
  return `${thousands(Math.round(spread.min))} to ${thousands(Math.round(spread.max))}`;
}

function thousands(number: number): string {
  return number.toLocaleString("en-US");
}

/** Of one row of a table, and without a folder of this machine. */
function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("|", "/")
    .replaceAll(/\/\S*\//g, "")
    .slice(0, 300);
}

function settings(): string {
  return Object.entries(SETTINGS)
    .map(([name, value]) => `\`${name} = ${value}\``)
    .join(", ");
}
