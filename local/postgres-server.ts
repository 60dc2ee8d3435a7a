import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Client, DatabaseError } from "pg";
import { type DataFolder, rememberedPort, rememberPort } from "./data-folder.ts";
import { END_POSTGRES, endProcess } from "./end-process.ts";
import { freePort, portProblem } from "./ports.ts";
import type { Account } from "./postgres-account.ts";
import { inFolder, SUPERUSER } from "./postgres-cluster.ts";
import type { PostgresPrograms } from "./postgres-programs.ts";
import { identify } from "./process-identity.ts";
import type { RunRecord } from "./run-record.ts";
import { removeStalePidFile } from "./stale-pid-file.ts";
import { textOf, UserError } from "./user-error.ts";

/** The address on which it listens; nothing outside this machine reaches it. */
export const HOST = "127.0.0.1";

export interface ServerArgs {
  readonly folder: DataFolder;
  readonly programs: PostgresPrograms;
  readonly account: Account | undefined;
  /** Absent: the one of the last run, or any that is free. */
  readonly port: number | undefined;
  readonly superuserPassword: string;
  readonly record: RunRecord;
  readonly signal: AbortSignal;
}

/** A Postgres that accepts connections. */
export interface Server {
  readonly port: number;
  /** Aborted, with the reason, where Postgres ends by itself. */
  readonly lost: AbortSignal;
}

/**
 * The settings of the server: TCP on this machine only (the path of a socket may be too long for the
 * system), the cluster's time zone, and no statement in the log, as one may hold a password.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  unix_socket_directories: "",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_error_statement: "panic",
};

/** How long a start may take, in milliseconds; a recovery after a kill reads the log of changes first. */
const START_MS = 60_000;
const LOOK_EVERY_MS = 25;

/**
 * Runs `use` beside a Postgres, and stops Postgres afterwards.
 *
 * @throws UserError where it cannot start
 */
export async function withServer<T>(
  args: ServerArgs,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const port = await choosePort(args);
  removeStalePidFile(args.folder.cluster);
  const child = start(args, port);
  const { pid } = child;
  if (pid === undefined) throw await failureToSpawn(child);
  const identity = identify(pid);
  args.record.add("postgres", "postgres", pid);
  const lost = new AbortController();
  const ended = once(child, "exit").then(([code, signal]) => {
    args.record.remove(pid);
    lost.abort(
      new UserError(
        `Postgres ended by itself (${signal === null ? `exit code ${String(code)}` : String(signal)}):\n${lastLines(args.folder)}`,
      ),
    );
  });
  try {
    await untilReady(args, port, lost.signal);
    rememberPort(args.folder, port);
    return await use({ port, lost: lost.signal });
  } finally {
    if (identity !== undefined) await endProcess(identity, END_POSTGRES);
    await ended;
  }
}

async function choosePort({ port, folder }: ServerArgs): Promise<number> {
  if (port !== undefined) {
    const problem = await portProblem(port);
    if (problem === undefined) return port;
    throw new UserError(`--port ${port} cannot be Postgres': ${problem}; give another`);
  }
  const last = rememberedPort(folder);
  return last !== undefined && (await portProblem(last)) === undefined ? last : await freePort();
}

function start({ folder, programs, account }: ServerArgs, port: number): ChildProcess {
  const { args, options } = inFolder(folder.cluster, account);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // A file, not a pipe: Postgres must not fail when this process is killed and nobody reads.
  const log = openSync(folder.log, "w", 0o600);
  try {
    return spawn(programs.postgres, [...args, "-p", String(port), ...settings], {
      ...options,
      // A group of its own: Ctrl-C must reach the services first, and Postgres through us.
      detached: true,
      stdio: ["ignore", log, log],
    });
  } finally {
    closeSync(log);
  }
}

async function failureToSpawn(child: ChildProcess): Promise<UserError> {
  const [error] = await once(child, "error");
  return new UserError(`Postgres could not be started: ${textOf(error)}`, { cause: error });
}

async function untilReady(args: ServerArgs, port: number, lost: AbortSignal): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    args.signal.throwIfAborted();
    if (lost.aborted) {
      throw new UserError(`Postgres did not start on ${HOST}:${port}:\n${lastLines(args.folder)}`);
    }
    const problem = await connectOnce(port, args.superuserPassword);
    if (problem === undefined) return;
    if (isWrongPassword(problem)) {
      throw new UserError(
        `the passwords in ${args.folder.path} are not those of its databases (${problem.message}): put passwords.json back, or remove the folder to begin with empty databases`,
      );
    }
    if (Date.now() > until) {
      throw new UserError(
        `Postgres did not accept a connection on ${HOST}:${port} within ${START_MS / 1000} s (${problem.message}):\n${lastLines(args.folder)}`,
      );
    }
    await pause(LOOK_EVERY_MS);
  }
}

async function connectOnce(port: number, password: string): Promise<Error | undefined> {
  const client = new Client({
    host: HOST,
    port,
    user: SUPERUSER,
    password,
    database: "postgres",
    connectionTimeoutMillis: START_MS,
  });
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** SQLSTATE 28P01, `invalid_password`. */
function isWrongPassword(error: Error): boolean {
  return error instanceof DatabaseError && error.code === "28P01";
}

/** What Postgres said last, indented. */
function lastLines(folder: DataFolder): string {
  let text: string;
  try {
    text = readFileSync(folder.log, "utf8");
  } catch (error) {
    text = `${folder.log} cannot be read: ${textOf(error)}`;
  }
  return text
    .trimEnd()
    .split("\n")
    .slice(-8)
    .map((line) => `  ${line}`)
    .join("\n");
}
