import type { Bench, FloorRow } from "./bench.ts";
import { prepareFloors } from "./floors.ts";
import { describeMachine, loadNow } from "./machine.ts";
import { measure, type Sample } from "./measure.ts";
import type { Options } from "./options.ts";
import { Measured } from "./measured.ts";
import type { Database } from "./runner.ts";
import { RUNNERS } from "./runners/index.ts";
import { DELAY, makeWide, WIDE_TABLES } from "./scenarios.ts";
import { type Server, withServer } from "./server.ts";
import { validate } from "./validate.ts";

/** Migrations of the small folder, as in the research behind it. */
const SMALL = 200;
const LARGE = 2000;

type Say = (line: string) => void;

/** Measures all that the options ask for. Runs are interleaved, so that a noise of the machine hits all rows. */
export async function measureAll(options: Options, say: Say): Promise<Bench> {
  const load = loadNow();
  const chosen = RUNNERS.filter(
    ({ name }) => options.rows.length === 0 || options.rows.includes(name),
  );
  if (chosen.length < options.rows.length) {
    throw new Error(`--rows: there are ${RUNNERS.map(({ name }) => name).join(", ")}`);
  }
  return withServer(async (server) => {
    const machine = await describeMachine(server.version, load);
    const all = await Promise.all(chosen.map((runner) => Measured.find(server, runner)));
    for (const { missing, name } of all) {
      if (missing !== undefined) say(`${name} is not measured: ${missing}`);
    }
    const floors = await measureScenarios(server, all, options, say);
    const validation = options.write ? await validate(say) : null;
    return { options, machine, floors, rows: all.map((each) => each.row()), validation };
  });
}

async function measureScenarios(
  server: Server,
  all: readonly Measured[],
  options: Options,
  say: Say,
): Promise<readonly FloorRow[]> {
  const { scenarios, runs } = options;
  const some = Math.ceil(runs / 2);
  const few = Math.ceil(runs / 5);
  const keepers = all.filter(({ runner }) => runner.floor !== true);
  for (const each of all) {
    await each.prepare(SMALL);
    if (scenarios.includes("apply-2000")) await each.prepare(LARGE);
  }
  let floors: readonly FloorRow[] = [];
  if (scenarios.includes("no-op")) {
    say(`no-op with ${SMALL} applied`);
    for (const each of keepers) await each.settle("no-op", SMALL, false);
    floors = await measureFloors(server, runs, () =>
      eachOf(keepers, (one) => one.noop("no-op", SMALL)),
    );
  }
  if (scenarios.includes("apply-200")) {
    say(`apply ${SMALL}`);
    await repeat(some, all, (one) => one.apply("apply-200", SMALL));
  }
  if (scenarios.includes("delay")) {
    say(`apply ${SMALL} through a delay of ${DELAY} ms each way`);
    await repeat(few, all, (one) => one.applyDelayed("delay", SMALL));
  }
  if (scenarios.includes("ten")) {
    say(`ten at once on an empty database`);
    await repeat(few, keepers, (one) => one.ten(SMALL));
  }
  if (scenarios.includes("apply-2000")) {
    say(`apply ${LARGE}`);
    await repeat(few, all, (one) => one.apply("apply-2000", LARGE));
  }
  if (scenarios.includes("wide")) {
    say(`no-op beside ${WIDE_TABLES} tables`);
    await makeWide(server);
    for (const each of keepers) await each.settle("wide", SMALL, true);
    await repeat(some, keepers, (one) => one.noop("wide", SMALL));
  }
  return floors;
}

type Run = (one: Measured) => Promise<void>;

async function repeat(times: number, rows: readonly Measured[], run: Run): Promise<void> {
  for (let time = 0; time < times; time += 1) await eachOf(rows, run);
}

async function eachOf(rows: readonly Measured[], run: Run): Promise<void> {
  for (const row of rows) await run(row);
}

/** The floors of a no-op, in turn with what is measured against them. */
async function measureFloors(
  server: Server,
  runs: number,
  between: () => Promise<void>,
): Promise<readonly FloorRow[]> {
  const database: Database = await server.fresh("bench_floor");
  const floors = await prepareFloors();
  const samples = floors.map((): Sample[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [index, { command }] of floors.entries()) {
      const sample = await measure(command(database)).catch(() => null);
      if (sample !== null) samples[index]?.push(sample);
    }
    await between();
  }
  return floors.map(({ name }, index) => ({ name, samples: samples[index] ?? [] }));
}
