import { rm, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withDelay } from "./delay-proxy.ts";
import { measure, type Sample } from "./measure.ts";
import { makeMigrations } from "./migrations.ts";
import { CACHE } from "./paths.ts";
import type { Round } from "./results.ts";
import { runProgram } from "./run-program.ts";
import type { Database, Runner } from "./runner.ts";
import type { Server } from "./server.ts";

/** One way, in milliseconds: with what timers and two sockets add, about 4.5 ms there and back. */
export const DELAY = 2;

/** Tables beside the migrations' own in a large database, of 20 columns each. */
export const WIDE_TABLES = 3000;

const WIDE = "bench_wide";

/** One runner on one server. */
export class Stand {
  readonly #server: Server;
  readonly #runner: Runner;
  readonly #slug: string;

  constructor(server: Server, runner: Runner) {
    this.#server = server;
    this.#runner = runner;
    this.#slug = runner.name.toLowerCase().replaceAll(/\W/g, "_");
  }

  /** A folder of that many migrations, as the runner wants them. */
  async write(count: number): Promise<void> {
    const folder = this.#folder(count);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await this.#runner.write(folder, makeMigrations(count));
  }

  /** Applies all of them to an empty database. */
  async apply(count: number): Promise<Sample> {
    const database = await this.#server.fresh(`bench_${this.#slug}`);
    return this.#applied(database, count, () => this.#run(count, database));
  }

  /** The same through a network of {@link DELAY}. */
  async applyDelayed(count: number): Promise<Sample> {
    const database = await this.#server.fresh(`bench_${this.#slug}`);
    return this.#applied(database, count, () =>
      withDelay(database, DELAY, (proxy) => this.#run(count, { ...database, ...proxy })),
    );
  }

  /** A database in which that many are applied, for {@link noop}; among many tables where asked for. */
  async settle(count: number, wide = false): Promise<Database> {
    const name = `bench_${this.#slug}_${wide ? "wide" : "settled"}`;
    const database = await this.#server.fresh(name, wide ? WIDE : undefined);
    await this.#applied(database, count, () => this.#run(count, database));
    return database;
  }

  /** A run with nothing to do. */
  noop(count: number, database: Database): Promise<Sample> {
    return this.#run(count, database);
  }

  /** Ten at once on an empty database. */
  async ten(count: number): Promise<Round> {
    const database = await this.#server.fresh(`bench_${this.#slug}`);
    const command = this.#runner.apply(this.#folder(count), database);
    const started = performance.now();
    const ended = await Promise.all(Array.from({ length: 10 }, () => runProgram(command)));
    const wall = performance.now() - started;
    const succeeded = ended.filter(({ code }) => code === 0).length;
    return { succeeded, failed: 10 - succeeded, wall, tables: await this.#tables(database) };
  }

  #folder(count: number): string {
    return join(CACHE, "folders", this.#slug, String(count));
  }

  #run(count: number, database: Database): Promise<Sample> {
    return measure(this.#runner.apply(this.#folder(count), database));
  }

  /** A program that ends with 0 and has not done its work is not fast. */
  async #applied(database: Database, count: number, run: () => Promise<Sample>): Promise<Sample> {
    const sample = await run();
    const tables = await this.#tables(database);
    if (tables === count) return sample;
    throw new Error(`${this.#runner.name} ended with 0 and made ${tables} of ${count} tables`);
  }

  async #tables({ name }: Database): Promise<number> {
    const [row] = await this.#server.query(
      name,
      String.raw`select count(*)::int as tables from pg_catalog.pg_tables where tablename ~ '^bench_\d+$'`,
    );
    return Number(row?.["tables"]);
  }
}

/** The large database that {@link Stand.settle} copies. */
export async function makeWide(server: Server): Promise<void> {
  await server.fresh(WIDE);
  const columns = Array.from({ length: 20 }, (_, index) => `c${index + 1} int`).join(", ");
  const step = 500;
  for (let first = 1; first <= WIDE_TABLES; first += step) {
    // In parts: one transaction holds a lock on each of its tables.
    await server.query(
      WIDE,
      `do $$ begin for i in ${first} .. ${first + step - 1} loop execute format('create table wide_%s (${columns})', i); end loop; end $$`,
    );
  }
}
