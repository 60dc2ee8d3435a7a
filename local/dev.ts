import { join } from "node:path";
import type { PlatformSpec } from "../config/spec.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { checkPorts } from "./local-ports.ts";
import { migrationEnvironment } from "./migration-environment.ts";
import type { Options } from "./options.ts";
import { openPasswords, type Passwords } from "./passwords.ts";
import { PlatformRun, type RunProblem } from "./platform-run.ts";
import { postgresAccount } from "./postgres-account.ts";
import { prepareCluster, SUPERUSER } from "./postgres-cluster.ts";
import { postgresPrograms } from "./postgres-programs.ts";
import { HOST, type Server, withServer } from "./postgres-server.ts";
import { ensureAdmin, Provisioner } from "./provision.ts";
import { type RunRecord, withRunRecord } from "./run-record.ts";
import type { Say } from "./say.ts";
import { type LocalPlatform, selectServices } from "./select-services.ts";
import { serviceEnvironment } from "./service-environment.ts";
import { showPath } from "./show-path.ts";
import { heldBackNotice } from "./standing-rollback.ts";
import { startServiceProcess } from "./service-process.ts";
import { UserError } from "./user-error.ts";
import { watchedPaths } from "./watched-paths.ts";
import { withWatch } from "./watch.ts";

export interface DevArgs {
  readonly options: Options;
  readonly spec: PlatformSpec;
  readonly say: Say;
  /** Shows the state of all when it is settled for the first time. */
  readonly onSettled: (run: PlatformRun, platform: LocalPlatform) => void;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/**
 * Runs a platform on this machine, until `signal` or, with `once`, until it is settled.
 *
 * @returns what was not as it should be; empty when all is well
 * @throws UserError, ConfigError for what the developer can put right
 */
export async function runDev(args: DevArgs): Promise<readonly RunProblem[]> {
  const { options, spec, say, signal } = args;
  if (process.platform === "win32") {
    throw new UserError("npm run dev needs Linux or macOS: on Windows, run it in WSL");
  }
  const platform = selectServices(spec, options.only);
  checkPorts(platform);
  for (const database of platform.databases) {
    const text = heldBackNotice(database);
    if (text !== undefined) say({ subject: database.name, tone: "notice", text });
  }
  Object.assign(process.env, migrationEnvironment(platform.databases));
  const folder = openDataFolder(options.data);
  return await withRunRecord(folder.path, say, async (record) => {
    const passwords = openPasswords(folder.path);
    const account = await postgresAccount(say);
    const programs = await postgresPrograms(account);
    tellVersion(spec, programs.version, say);
    const superuserPassword = passwords.of(SUPERUSER);
    const passwordsExisted = passwords.existed;
    if (
      await prepareCluster({
        folder,
        programs,
        account,
        superuserPassword,
        passwordsExisted,
        signal,
      })
    ) {
      say({ subject: "postgres", tone: "info", text: `made ${showPath(folder.cluster)}` });
    }
    const { port } = options;
    const server = { folder, programs, account, port, superuserPassword, record, signal };
    return await withServer(server, async (running) => {
      say({
        subject: "postgres",
        tone: "good",
        text: `PostgreSQL ${programs.version} on ${HOST}:${running.port}, data in ${showPath(folder.path)}`,
      });
      return await runPlatform({ ...args, platform, folder, passwords, record }, running);
    });
  });
}

interface PlatformArgs extends DevArgs {
  readonly platform: LocalPlatform;
  readonly folder: DataFolder;
  readonly passwords: Passwords;
  readonly record: RunRecord;
}

async function runPlatform(args: PlatformArgs, server: Server): Promise<readonly RunProblem[]> {
  const { options, platform, folder, passwords, record, say } = args;
  const ended = AbortSignal.any([args.signal, server.lost]);
  const provisioning = { port: server.port, passwords, signal: ended };
  await ensureAdmin(provisioning);
  const provisioner = new Provisioner(provisioning, platform.services);
  let settled = false;
  const run = new PlatformRun({
    platform,
    say,
    restarts: !options.once,
    gate: (database) => ({
      folder: showPath(join(options.project, database.migrationsDir)),
      provision: () => provisioner.provision(database),
      dataFolder: showPath(folder.path),
      commit: platform.commit,
      signal: ended,
    }),
    runner: (service) => {
      const login = service.logins?.active;
      const { env, notices } = serviceEnvironment({
        service,
        postgresPort: server.port,
        password: login === undefined ? undefined : passwords.of(login),
        outer: process.env,
      });
      for (const text of notices) say({ subject: service.name, tone: "notice", text });
      if (service.dev === undefined) {
        const text = `is not started: it has no services.${service.name}.dev.command`;
        say({ subject: service.name, tone: "notice", text });
      }
      return {
        startProcess: () =>
          startServiceProcess({
            name: service.name,
            command: service.dev?.command ?? [],
            directory: join(options.project, service.dev?.directory ?? "."),
            env,
            record,
            onLine: (line) => {
              // The summary of --once is the last word.
              if (options.once && settled) return;
              say({ subject: service.name, tone: "output", text: line });
            },
          }),
      };
    },
  });
  try {
    await withChanges(args, run, async () => {
      run.lookOver();
      await Promise.race([run.settled, aborted(ended)]);
      if (ended.aborted) return;
      settled = true;
      args.onSettled(run, platform);
      if (!options.once) await aborted(ended);
    });
    server.lost.throwIfAborted();
    return run.problems();
  } finally {
    await run.stop();
  }
}

/** Runs `use` while saved files lead to migrations and restarts; with `once`, they lead to nothing. */
async function withChanges(
  { options, platform, say }: PlatformArgs,
  run: PlatformRun,
  use: () => Promise<void>,
): Promise<void> {
  if (options.once) return await use();
  const { paths, changedBy } = watchedPaths(options.project, platform);
  const onChange = (changed: ReadonlySet<string>): void => {
    const { databases, services } = changedBy(changed);
    for (const database of databases) run.migrate(database);
    run.restart(services, "its program has changed");
  };
  const onError = (error: unknown): void => {
    const text = `cannot watch for changes: ${String(error)}`;
    say({ subject: "dev", tone: "bad", text });
  };
  await withWatch({ paths, onChange, onError }, use);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function tellVersion({ server }: PlatformSpec, version: string, say: Say): void {
  if (version.split(".")[0] === String(server.version)) return;
  const text = `the stack's server is PostgreSQL ${server.version}, this one ${version}`;
  say({ subject: "postgres", tone: "notice", text });
}
