import { setTimeout as pause } from "node:timers/promises";
import { END_SERVICE } from "./end-process.ts";
import { portProblem } from "./ports.ts";
import { probe } from "./readiness.ts";
import type { Say } from "./say.ts";
import type { LocalPlatform } from "./select-services.ts";
import type { ServiceProcess } from "./service-process.ts";
import { textOf } from "./user-error.ts";

/**
 * Where a service stands: `idle` until its gates let it start; `unready` while it runs and does not
 * answer; `failed` when it ended by itself or could not be started.
 */
export type ServiceStatus =
  | { readonly state: "idle" | "starting" | "ready" | "stopping" }
  | { readonly state: "unready" | "failed"; readonly reason: string };

export interface ServiceRunnerArgs {
  readonly service: LocalPlatform["services"][number];
  /** Starts its process; each line that it prints goes to the developer. */
  readonly startProcess: () => ServiceProcess;
  /** Whether a crash is followed by another start. */
  readonly restarts: boolean;
  readonly say: Say;
  /** Called after each change of {@link ServiceRunner.status}. */
  readonly onChange: () => void;
}

/** How long a service may take to answer before its developer is told, in milliseconds. */
const READY_MS = 30_000;
const ASK_EVERY_MS = 50;
const ASK_UNREADY_EVERY_MS = 1_000;

/**
 * First and longest pause before another start after a crash, in milliseconds; it doubles between, and
 * begins anew for a service that was ready for longer than the longest.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** One service: its process, its readiness, and its restarts. */
export class ServiceRunner {
  readonly #args: ServiceRunnerArgs;
  #status: ServiceStatus = { state: "idle" };
  #process: ServiceProcess | undefined;
  #stopping: Promise<void> | undefined;
  #crashes = 0;
  #readyAt = Infinity;
  #restart: NodeJS.Timeout | undefined;
  /** Raised with each start and stop: what belongs to an older one says nothing any more. */
  #turn = 0;

  constructor(args: ServiceRunnerArgs) {
    this.#args = args;
  }

  get status(): ServiceStatus {
    return this.#status;
  }

  /** Whether it will change without anybody's doing. */
  get busy(): boolean {
    return this.#status.state === "starting" || this.#status.state === "stopping";
  }

  /** Starts an idle service; a call in another state changes nothing. */
  start(): void {
    if (this.#status.state !== "idle") return;
    this.#turn += 1;
    this.#set({ state: "starting" });
    this.#run(this.#turn).catch((error: unknown) => {
      this.#set({ state: "failed", reason: textOf(error) });
    });
  }

  /** Ends the process, if there is one; afterwards the service is idle. Calls side by side are one. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#turn += 1;
    clearTimeout(this.#restart);
    if (this.#status.state === "idle") return;
    this.#set({ state: "stopping" });
    const end = await this.#process?.stop();
    if (end?.killed === true) {
      const { name } = this.#args.service;
      const text = `did not end within ${END_SERVICE.graceMs / 1000} s of SIGTERM, and was killed`;
      this.#args.say({ subject: name, tone: "bad", text });
    }
    this.#process = undefined;
    this.#crashes = 0;
    this.#set({ state: "idle" });
  }

  async #run(turn: number): Promise<void> {
    const { service, startProcess } = this.#args;
    const problem = await portProblem(service.port);
    if (turn !== this.#turn) return;
    if (problem !== undefined) {
      this.#crashed(
        `port ${service.port} of service ${service.name} cannot be used: ${problem}; end that program, or change services.${service.name}.port`,
        [],
      );
      return;
    }
    const process = startProcess();
    this.#process = process;
    let ended = false;
    const end = process.ended.then((reason) => {
      ended = true;
      if (turn !== this.#turn) return;
      this.#process = undefined;
      this.#crashed(`ended by itself: ${reason}`, process.lastLines());
    });
    await this.#watchReadiness(turn, () => ended);
    await end;
  }

  async #watchReadiness(turn: number, ended: () => boolean): Promise<void> {
    const { service, say } = this.#args;
    const tellAt = Date.now() + READY_MS;
    for (;;) {
      const answer = await probe(service.port, service.probes.readiness);
      if (turn !== this.#turn || ended()) return;
      if (answer.ready) {
        say({
          subject: service.name,
          tone: "good",
          text: `ready on http://localhost:${service.port}`,
        });
        this.#readyAt = Date.now();
        this.#set({ state: "ready" });
        return;
      }
      if (this.#status.state === "starting" && Date.now() >= tellAt) {
        const reason = `runs and is not ready after ${READY_MS / 1000} s: ${answer.reason}`;
        say({ subject: service.name, tone: "bad", text: reason });
        this.#set({ state: "unready", reason });
      }
      const wait = this.#status.state === "starting" ? ASK_EVERY_MS : ASK_UNREADY_EVERY_MS;
      // Its process keeps ours alive; the pause must not, once it was stopped.
      await pause(wait, undefined, { ref: false });
    }
  }

  #crashed(reason: string, lastLines: readonly string[]): void {
    const { service, say, restarts } = this.#args;
    if (Date.now() - this.#readyAt > LONGEST_PAUSE_MS) this.#crashes = 0;
    this.#readyAt = Infinity;
    const milliseconds = Math.min(FIRST_PAUSE_MS * 2 ** this.#crashes, LONGEST_PAUSE_MS);
    this.#crashes += 1;
    const next = restarts ? [`starts again in ${milliseconds / 1000} s`] : [];
    const quoted = lastLines.map((line) => `  ${line}`);
    say({ subject: service.name, tone: "bad", text: [reason, ...quoted, ...next].join("\n") });
    this.#set({ state: "failed", reason: [reason, ...quoted].join("\n") });
    if (!restarts) return;
    this.#restart = setTimeout(() => this.#set({ state: "idle" }), milliseconds);
  }

  #set(status: ServiceStatus): void {
    this.#status = status;
    this.#args.onChange();
  }
}
