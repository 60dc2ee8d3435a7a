import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as migrateDrizzle } from "drizzle-orm/node-postgres/migrator";
import knex from "knex";
import { Kysely, PostgresDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { Pool } from "pg";

const run = promisify(execFile);

/** Runs a program to its end; its output is in the error where it fails. */
async function exec(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const env = { ...process.env, ...options.env };
  await run(file, [...args], { env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
}

async function withPool<T>(url: string, use: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, max: 2 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}

/** Lets Kysely's own Migrator apply all `.mjs` files of a folder. */
export async function applyWithKysely(
  url: string,
  dir: string,
  files: readonly string[],
): Promise<void> {
  const migrations: Record<string, Migration> = {};
  for (const file of files) {
    migrations[file.replace(/\.mjs$/, "")] = await import(
      /* @vite-ignore */ pathToFileURL(join(dir, file)).href
    );
  }
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 2 }) }),
  });
  try {
    const provider = { getMigrations: () => Promise.resolve(migrations) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) throw new Error("Kysely failed", { cause: error });
  } finally {
    await db.destroy();
  }
}

/** Lets Knex apply all files of a folder. */
export async function applyWithKnex(url: string, directory: string): Promise<void> {
  const db = knex({ client: "pg", connection: url, pool: { min: 0, max: 2 } });
  try {
    await db.migrate.latest({ directory, loadExtensions: [".cjs"] });
  } finally {
    await db.destroy();
  }
}

/** Lets drizzle-orm's migrator apply a folder. */
export async function applyWithDrizzle(url: string, migrationsFolder: string): Promise<void> {
  await withPool(url, (pool) => migrateDrizzle(drizzle(pool), { migrationsFolder }));
}

/** Lets dbmate apply a folder. */
export async function applyWithDbmate(url: string, dir: string): Promise<void> {
  const dbmate = fileURLToPath(new URL("../../../node_modules/.bin/dbmate", import.meta.url));
  await exec(dbmate, [
    "--url",
    `${url}?sslmode=disable`,
    "--migrations-dir",
    dir,
    "--no-dump-schema",
    "migrate",
  ]);
}

/** A program of Go, built from its module. */
export async function goProgram(module: string, tags: string): Promise<string> {
  const bin = await mkdtemp(join(tmpdir(), "tidegate-go-"));
  await exec("go", ["install", "-tags", tags, module], { env: { GOBIN: bin, CGO_ENABLED: "0" } });
  return bin;
}

/** Lets a program of Go apply a folder. */
export async function applyWithGo(
  bin: string,
  program: string,
  args: readonly string[],
): Promise<void> {
  await exec(join(bin, program), args);
}

/** Makes an Alembic project with these revisions, oldest first, and upgrades to the newest. */
export async function applyWithAlembic(
  url: string,
  revisions: readonly { readonly id: string; readonly sql: string }[],
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "tidegate-alembic-"));
  await exec("python3", ["-m", "venv", join(dir, "venv")]);
  const python = join(dir, "venv/bin/python");
  await exec(python, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "alembic==1.20.1",
    "psycopg[binary]==3.3.9",
  ]);
  const project = join(dir, "project");
  await mkdir(project);
  await exec(python, ["-m", "alembic", "init", "alembic"], { cwd: project });
  const ini = join(project, "alembic.ini");
  const text = await readFile(ini, "utf8");
  const driver = url.replace("postgres://", "postgresql+psycopg://");
  await writeFile(ini, text.replace(/^sqlalchemy\.url = .*$/m, `sqlalchemy.url = ${driver}`));
  const versions = join(project, "alembic/versions");
  for (const [index, { id, sql }] of revisions.entries()) {
    const before = revisions[index - 1];
    const down = before === undefined ? "None" : `"${before.id}"`;
    const lines = [
      "from alembic import op",
      "",
      `revision: str = "${id}"`,
      `down_revision = ${down}`,
      "",
      "def upgrade() -> None:",
      `    op.execute("${sql}")`,
      "",
    ];
    await writeFile(join(versions, `${id}_step.py`), lines.join("\n"));
  }
  await exec(python, ["-m", "alembic", "upgrade", "head"], { cwd: project });
  return versions;
}

/** Whether a program is there; its reason otherwise. */
export async function missing(file: string, args: readonly string[]): Promise<string | null> {
  return exec(file, args).then(
    () => null,
    (error: unknown) => `${file} is not there: ${String(error).split("\n")[0]}`,
  );
}
