import { DatabaseGate, type DatabaseGateArgs } from "./database-gate.ts";
import { databaseHolds, serviceHolds, servicesBehind, type Standing } from "./holds.ts";
import type { Say } from "./say.ts";
import { gatesOf, type LocalPlatform } from "./select-services.ts";
import { ServiceRunner, type ServiceRunnerArgs, type ServiceStatus } from "./service-runner.ts";

type Database = LocalPlatform["databases"][number];
type Service = LocalPlatform["services"][number];

export interface PlatformRunArgs {
  readonly platform: LocalPlatform;
  readonly gate: (database: Database) => Omit<DatabaseGateArgs, "database" | "say" | "onDone">;
  readonly runner: (service: Service) => Pick<ServiceRunnerArgs, "startProcess">;
  /** Whether a service that crashes is started again. */
  readonly restarts: boolean;
  readonly say: Say;
}

/** Why something is not as it should be. */
export interface RunProblem {
  /** The database or service. */
  readonly subject: string;
  readonly reason: string;
}

/**
 * The platform while it runs. After each change it is looked over as a whole: every database that may be
 * migrated is, every service that nothing holds is started. So one rule serves the first start, a fixed
 * migration, and a crash.
 */
export class PlatformRun {
  readonly #args: PlatformRunArgs;
  readonly #gates: ReadonlyMap<string, DatabaseGate>;
  readonly #runners: ReadonlyMap<string, ServiceRunner>;
  readonly #attempted = new Set<string>();
  /** Services whose databases were migrated since they started, with those. */
  readonly #outdated = new Map<string, readonly string[]>();
  readonly #settled: Promise<void>;
  #settle: () => void = () => undefined;
  #stopped = false;

  constructor(args: PlatformRunArgs) {
    const { platform, say, restarts } = args;
    this.#args = args;
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#gates = new Map(
      platform.databases.map((database) => [
        database.name,
        new DatabaseGate({
          ...args.gate(database),
          database,
          say,
          onDone: (applied) => this.#databaseDone(database.name, applied),
        }),
      ]),
    );
    this.#runners = new Map(
      platform.services.map((service) => [
        service.name,
        new ServiceRunner({
          ...args.runner(service),
          service,
          restarts,
          say,
          onChange: () => this.lookOver(),
        }),
      ]),
    );
  }

  get #now(): Standing {
    return { databases: this.#gates, services: this.#runners };
  }

  /** Resolves when, for the first time, nothing goes on by itself any more. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** Starts whatever may be started now. */
  lookOver(): void {
    if (this.#stopped) return;
    const { databases, services } = this.#args.platform;
    for (const database of databases) {
      if (this.#attempted.has(database.name)) continue;
      if (databaseHolds(database, this.#now).length > 0) continue;
      this.#attempted.add(database.name);
      this.#gates.get(database.name)?.migrate();
    }
    for (const service of services) {
      if (service.dev === undefined) continue;
      if (serviceHolds(service, this.#now).length > 0) continue;
      this.#runners.get(service.name)?.start();
    }
    const busy = [...this.#gates.values(), ...this.#runners.values()].some((one) => one.busy);
    if (!busy) this.#settle();
  }

  /** Applies what was saved in a database's folder; one that is still held will see it by itself. */
  migrate(database: string): void {
    if (this.#stopped || !this.#attempted.has(database)) return;
    this.#gates.get(database)?.migrate();
  }

  /** Stops those of the services that were started; the look over starts them again. */
  restart(names: readonly string[], reason: string): void {
    if (this.#stopped) return;
    const running = names.filter((name) => this.#runners.get(name)?.status.state !== "idle");
    for (const name of running) {
      this.#args.say({ subject: name, tone: "info", text: `restarts: ${reason}` });
    }
    for (const name of running) void this.#runners.get(name)?.stop();
  }

  /** Everything that is not open or ready, with its reason; empty when all is well. */
  problems(): readonly RunProblem[] {
    const { databases, services } = this.#args.platform;
    return [
      ...databases.flatMap((database) => {
        const gate = this.#gates.get(database.name);
        if (gate === undefined || (gate.open && gate.failure === undefined)) return [];
        const holds = databaseHolds(database, this.#now).join("; ");
        return [{ subject: database.name, reason: gate.failure ?? `not migrated: ${holds}` }];
      }),
      ...services.flatMap((service) => {
        const status = this.#runners.get(service.name)?.status;
        if (service.dev === undefined || status === undefined || status.state === "ready")
          return [];
        if ("reason" in status) return [{ subject: service.name, reason: status.reason }];
        const holds = serviceHolds(service, this.#now).join("; ");
        return [{ subject: service.name, reason: `not started: ${holds}` }];
      }),
    ];
  }

  /** Where a service stands. */
  stateOf(service: string): ServiceStatus["state"] {
    return this.#runners.get(service)?.status.state ?? "idle";
  }

  /** Ends every service and waits for runs that were told to end; nothing is started any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([
      ...[...this.#runners.values()].map((runner) => runner.stop()),
      ...[...this.#gates.values()].map((gate) => gate.ended()),
    ]);
  }

  #databaseDone(database: string, applied: boolean): void {
    if (applied) {
      for (const { name } of servicesBehind(database, this.#args.platform.services)) {
        this.#outdated.set(name, [...(this.#outdated.get(name) ?? []), database]);
      }
    }
    this.#restartOutdated();
    this.lookOver();
  }

  /** One restart for all the databases of a service that are migrated side by side. */
  #restartOutdated(): void {
    for (const service of this.#args.platform.services) {
      const databases = this.#outdated.get(service.name);
      if (databases === undefined) continue;
      if (gatesOf(service).some((name) => this.#gates.get(name)?.busy === true)) continue;
      this.#outdated.delete(service.name);
      this.restart([service.name], `${databases.join(" and ")} migrated`);
    }
  }
}
