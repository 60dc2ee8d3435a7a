import type { Sample } from "./measure.ts";
import type { Round, Row, Scenario } from "./results.ts";
import type { Database, Found, Runner } from "./runner.ts";
import { Stand } from "./scenarios.ts";
import type { Server } from "./server.ts";

/** A runner, what was found of it, and what was measured so far. */
export class Measured {
  readonly runner: Runner;
  readonly #found: Found | Error;
  readonly #stand: Stand;
  readonly #samples = new Map<Scenario, Sample[]>();
  readonly #rounds: Round[] = [];
  readonly #failures = new Map<Scenario, string>();
  readonly #settled = new Map<Scenario, Database>();

  private constructor(server: Server, runner: Runner, found: Found | Error) {
    this.runner = runner;
    this.#found = found;
    this.#stand = new Stand(server, runner);
  }

  static async find(server: Server, runner: Runner): Promise<Measured> {
    const found = await runner.find().catch((error: unknown) => asError(error));
    return new Measured(server, runner, found);
  }

  get name(): string {
    return this.runner.name;
  }

  get missing(): string | undefined {
    return this.#found instanceof Error ? this.#found.message : undefined;
  }

  async prepare(count: number): Promise<void> {
    if (this.missing === undefined) await this.#stand.write(count);
  }

  async settle(scenario: Scenario, count: number, wide: boolean): Promise<void> {
    await this.#attempt(scenario, async () => {
      this.#settled.set(scenario, await this.#stand.settle(count, wide));
    });
  }

  async noop(scenario: Scenario, count: number): Promise<void> {
    await this.#sample(scenario, () => {
      const database = this.#settled.get(scenario);
      if (database === undefined) throw new Error("nothing is applied");
      return this.#stand.noop(count, database);
    });
  }

  async apply(scenario: Scenario, count: number): Promise<void> {
    await this.#sample(scenario, () => this.#stand.apply(count));
  }

  async applyDelayed(scenario: Scenario, count: number): Promise<void> {
    await this.#sample(scenario, () => this.#stand.applyDelayed(count));
  }

  async ten(count: number): Promise<void> {
    await this.#attempt("ten", async () => {
      this.#rounds.push(await this.#stand.ten(count));
    });
  }

  row(): Row {
    const found = this.#found;
    return {
      name: this.name,
      ...(found instanceof Error
        ? { version: "", bytes: null, missing: found.message }
        : { version: found.version, bytes: found.bytes }),
      samples: this.#samples,
      rounds: this.#rounds,
      failures: this.#failures,
    };
  }

  async #sample(scenario: Scenario, run: () => Promise<Sample>): Promise<void> {
    await this.#attempt(scenario, async () => {
      const sample = await run();
      this.#samples.set(scenario, [...(this.#samples.get(scenario) ?? []), sample]);
    });
  }

  /** A scenario in which a runner failed once is over for it: its figures would be those of its luck. */
  async #attempt(scenario: Scenario, run: () => Promise<void>): Promise<void> {
    if (this.missing !== undefined || this.#failures.has(scenario)) return;
    try {
      await run();
    } catch (error) {
      this.#failures.set(scenario, asError(error).message);
      this.#samples.delete(scenario);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
