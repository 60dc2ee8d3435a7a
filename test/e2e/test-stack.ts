import type * as automation from "@pulumi/pulumi/automation/index.js";
import { type RunningCli, startCli } from "./cli-process.ts";
import { Cluster } from "./cluster.ts";
import { type Outcome, OutcomeRecorder } from "./outcome.ts";
import { type AdminLogin, withClient } from "./postgres.ts";
import type { ProjectCopy } from "./project-copy.ts";
import { adminPassword, type StateResource } from "./state.ts";
import type { Client } from "pg";

/** Options of one `up`, as those of the CLI. */
export type UpOptions = Pick<
  automation.UpOptions,
  "target" | "exclude" | "replace" | "refresh" | "continueOnError" | "targetDependents" | "diff"
>;

export interface TestStackArgs {
  readonly project: ProjectCopy;
  readonly stack: automation.Stack;
  /** Path of the CLI and its whole environment. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where this machine reaches the stack's Postgres; `undefined`: it doesn't. */
  readonly postgres: { readonly host: string; readonly port: number } | undefined;
  readonly config: Readonly<Record<string, unknown>>;
}

/** One stack in a project, a namespace and a backend of its own. */
export class TestStack {
  readonly project: ProjectCopy;
  readonly cluster: Cluster;
  readonly #printed: (() => string)[] = [];
  readonly #args: TestStackArgs;
  readonly #operations = new Set<Promise<unknown>>();
  readonly #processes = new Set<RunningCli>();
  #config: Readonly<Record<string, unknown>>;

  constructor(args: TestStackArgs) {
    this.#args = args;
    this.#config = args.config;
    this.project = args.project;
    this.cluster = new Cluster(args.project.name);
  }

  /** Name of project, stack and namespace, with which every logical name begins. */
  get name(): string {
    return this.project.name;
  }

  /** Environment in which every CLI process of this stack runs. */
  get env(): Readonly<Record<string, string>> {
    return this.#args.env;
  }

  /** Where this machine reaches the stack's Postgres. */
  get postgresAddress(): { readonly host: string; readonly port: number } {
    const { postgres } = this.#args;
    if (postgres === undefined) throw new Error("this machine does not reach the stack's Postgres");
    return postgres;
  }

  /** Every text that the CLI has printed, but for what was asked to show secrets. */
  get printed(): readonly string[] {
    return this.#printed.map((text) => text());
  }

  /** Adds a text that a scenario's own process has printed. */
  addPrinted(text: string): void {
    this.#printed.push(() => text);
  }

  /** The stack's configuration, without the project's name in front of the keys. */
  get config(): Readonly<Record<string, unknown>> {
    return this.#config;
  }

  /** Replaces keys of the stack's configuration. */
  async configure(change: Readonly<Record<string, unknown>>): Promise<void> {
    this.#config = { ...this.#config, ...change };
    await this.project.configure(this.#config);
  }

  /** Writes migrations of a database, by file name; `null` deletes a file. */
  async migrations(
    database: string,
    files: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = `migrations/${database}/${name}`;
      await (text === null ? this.project.remove(path) : this.project.write(path, text));
    }
  }

  /** `pulumi up --yes --skip-preview`. */
  async up(options: UpOptions = {}): Promise<Outcome> {
    return await this.#record((listeners) => this.#args.stack.up({ ...options, ...listeners }));
  }

  /** `pulumi preview`; `diff: true` prints what `--diff` does. */
  async preview(options: { diff?: boolean; refresh?: boolean } = {}): Promise<Outcome> {
    return await this.#record((listeners) =>
      this.#args.stack.preview({ ...options, ...listeners }),
    );
  }

  /** `pulumi refresh --yes`: what differs between the state and the world is in `changes`. */
  async refresh(): Promise<Outcome> {
    return await this.#record((listeners) => this.#args.stack.refresh(listeners));
  }

  /** `pulumi destroy --yes`. */
  async destroy(): Promise<Outcome> {
    return await this.#record((listeners) => this.#args.stack.destroy(listeners));
  }

  /** Starts the CLI as a process of its own, in the project's folder; `--stack` is added. */
  start(...args: readonly string[]): RunningCli {
    const running = this.#launch(args);
    this.#printed.push(running.output);
    return running;
  }

  /** Ends what a scenario that failed has left running, so that it can't undo the cleanup. */
  async settle(): Promise<void> {
    for (const { kill, ended } of this.#processes) {
      kill("SIGINT");
      await ended;
    }
    await Promise.allSettled(this.#operations);
  }

  /** Runs the CLI to its end. */
  async cli(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const running = this.start(...args);
    const code = await running.ended;
    return { code, output: running.output() };
  }

  /** The state, as `pulumi stack export` prints it; `secrets: true` adds `--show-secrets`. */
  async exportText(options: { readonly secrets?: boolean } = {}): Promise<string> {
    // Not among what was printed: with its secrets shown, a search would find them.
    const show = options.secrets === true ? ["--show-secrets"] : [];
    const running = this.#launch(["stack", "export", ...show]);
    await running.ended;
    return running.output();
  }

  /** The state's resources. */
  async resources(options: { readonly secrets?: boolean } = {}): Promise<readonly StateResource[]> {
    const state = JSON.parse(await this.exportText(options)) as {
      deployment: { resources?: StateResource[] };
    };
    return state.deployment.resources ?? [];
  }

  /** Calls `use` with a connection as the server's admin. */
  async postgres<T>(database: string, use: (client: Client) => Promise<T>): Promise<T> {
    return await withClient(
      { ...this.postgresAddress, ...(await this.adminLogin()), database },
      use,
    );
  }

  /** Rows of a query as the server's admin. */
  async query<Row extends object>(database: string, text: string): Promise<readonly Row[]> {
    return await this.postgres(database, async (client) => (await client.query<Row>(text)).rows);
  }

  #login: (AdminLogin & { readonly generation: number }) | undefined;

  /** The generated login of the server's admin, with the password of the configured generation. */
  async adminLogin(): Promise<AdminLogin> {
    const generation = this.#adminGeneration();
    if (this.#login?.generation === generation) return this.#login;
    const password = adminPassword(await this.resources({ secrets: true }), generation);
    if (password === undefined) throw new Error("the state holds no admin's password yet");
    this.#login = { user: "postgres", password, generation };
    return this.#login;
  }

  #adminGeneration(): number {
    const { admin } = (this.#config["server"] ?? {}) as {
      admin?: { passwordGeneration?: number };
    };
    return admin?.passwordGeneration ?? 0;
  }

  #launch(args: readonly string[]): RunningCli {
    const { command, env } = this.#args;
    const running = startCli({
      command,
      args: [...args, "--stack", this.name],
      cwd: this.project.dir,
      env,
    });
    this.#processes.add(running);
    void running.ended.finally(() => this.#processes.delete(running));
    return running;
  }

  async #record(
    operation: (listeners: OutcomeRecorder["listeners"]) => Promise<unknown>,
  ): Promise<Outcome> {
    const recorder = new OutcomeRecorder();
    let ok = true;
    const running = operation(recorder.listeners);
    this.#operations.add(running);
    try {
      await running;
    } catch (error) {
      // The CLI's own failures are in the output; anything else is the harness's.
      if (!(error instanceof Error) || !error.message.includes("code:")) throw error;
      ok = false;
    } finally {
      this.#operations.delete(running);
    }
    const outcome = recorder.end(ok);
    this.#printed.push(() => outcome.output);
    return outcome;
  }
}
