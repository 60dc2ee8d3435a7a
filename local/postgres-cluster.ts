import { chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DataFolder } from "./data-folder.ts";
import type { Account } from "./postgres-account.ts";
import { POSTGRES_ENV, type PostgresPrograms } from "./postgres-programs.ts";
import { runProgram } from "./run-program.ts";
import { showPath } from "./show-path.ts";
import { codeOf, UserError } from "./user-error.ts";

/** The role that `initdb` makes. It makes the admin and does nothing else. */
export const SUPERUSER = "tidegate_superuser";

export interface ClusterArgs {
  readonly folder: DataFolder;
  readonly programs: PostgresPrograms;
  readonly account: Account | undefined;
  readonly superuserPassword: string;
  /** Whether the folder had passwords before; without them old data cannot be opened. */
  readonly passwordsExisted: boolean;
  readonly signal: AbortSignal;
}

/**
 * How a program of Postgres is pointed to its folder. As root, the data lies in a folder that Postgres'
 * own account cannot reach by its path (mode 0700); it can through the working directory, which is
 * entered before the account is changed.
 */
export function inFolder(folder: string, account: Account | undefined) {
  return {
    args: ["-D", account === undefined ? folder : "/proc/self/cwd"],
    options: { ...account, cwd: folder, env: POSTGRES_ENV },
  };
}

/**
 * Makes Postgres' folder where there is none.
 *
 * @returns whether it was made
 * @throws UserError where there is one that this Postgres cannot use
 */
export async function prepareCluster(args: ClusterArgs): Promise<boolean> {
  const { folder, programs } = args;
  const existing = clusterVersion(folder);
  if (existing === undefined) {
    await createCluster(args);
    return true;
  }
  const major = programs.version.split(".")[0];
  if (existing !== major) {
    throw new UserError(
      `${showPath(folder.cluster)} holds data of PostgreSQL ${existing}, and this is PostgreSQL ${major}, which cannot read it: remove ${showPath(folder.path)} to begin with empty databases, or keep it and give another folder with --data DIR`,
    );
  }
  if (!args.passwordsExisted) {
    throw new UserError(
      `${showPath(folder.path)} holds databases and not the passwords that belong to them (passwords.json): put the file back, or remove the folder to begin with empty databases`,
    );
  }
  return false;
}

function clusterVersion(folder: DataFolder): string | undefined {
  try {
    return readFileSync(join(folder.cluster, "PG_VERSION"), "utf8").trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function createCluster(args: ClusterArgs): Promise<void> {
  const { folder, programs, account, signal } = args;
  // Made under another name: a kill in the middle must not leave half a cluster that looks whole.
  const partial = `${folder.cluster}.partial`;
  const passwordFile = join(partial, "password");
  rmSync(partial, { recursive: true, force: true });
  const data = join(partial, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, args.superuserPassword, { mode: 0o600 });
  if (account !== undefined) {
    for (const path of [partial, data, passwordFile]) chownSync(path, account.uid, account.gid);
  }
  const { args: where, options } = inFolder(data, account);
  const flags = [
    `--username=${SUPERUSER}`,
    `--pwfile=${account === undefined ? passwordFile : "../password"}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
    // Nothing is lost with a cluster that has no data yet.
    "--no-sync",
  ];
  const { code, output } = await runProgram(programs.initdb, [...where, ...flags], {
    ...options,
    signal,
  });
  if (code !== 0)
    throw new UserError(`initdb could not make ${showPath(folder.cluster)}:\n${output.trim()}`);
  renameSync(data, folder.cluster);
  rmSync(partial, { recursive: true, force: true });
}
