import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ForeignTool } from "../contract.ts";
import { AlembicFolderError, readRevisions } from "./alembic-revisions.ts";
import { BundleError } from "./bundle-error.ts";
import { JOURNAL, readJournal } from "./drizzle-journal.ts";
import { sha256, SourceTextError } from "./source-text.ts";

/** A folder of another tool's migrations: what its history will name, and what it is made of. */
export interface ForeignFolder {
  /** As the tool's history tells them apart, oldest first; empty for a tool that is not known. */
  readonly migrations: readonly string[];
  /** Drizzle: the journal's `when` by name. */
  readonly when?: Readonly<Record<string, number>>;
  /** Alembic: the revisions that each one comes after. */
  readonly parents?: Readonly<Record<string, readonly string[]>>;
  /** The text of every file that the tool may read, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** SHA-256 in hex of all of it. */
  readonly digest: string;
}

/** Suffixes that Knex loads, and `.mjs`/`.mts`, which its `loadExtensions` may name. Source: Knex, "Migration API". */
const KNEX_FILE = /^(?!.*\.d\.[cm]?ts$)(.+)\.[cm]?[jt]s$/;

/** What only the tool's generator reads, or an interpreter leaves behind. */
const NOT_READ = /^meta\/(?!_journal\.json$)|(^|\/)(__pycache__|\.)|\.pyc$/;

/**
 * Reads a folder as a tool does, without running a line of it.
 *
 * @param tool absent: one that is not known; its files are read for their digest only
 * @throws BundleError with every mistake of the folder
 */
export async function foreignFolder(dir: string, tool?: ForeignTool): Promise<ForeignFolder> {
  const files = await readFiles(dir);
  const listed = await list(dir, tool, Object.keys(files));
  return { ...listed, files, digest: sha256(JSON.stringify(Object.entries(files))) };
}

type Listed = Pick<ForeignFolder, "migrations" | "when" | "parents">;

async function list(
  dir: string,
  tool: ForeignTool | undefined,
  files: readonly string[],
): Promise<Listed> {
  switch (tool) {
    case undefined:
      return { migrations: [] };
    case "drizzle":
      return await listDrizzle(dir, files);
    case "alembic":
      return await listAlembic(dir);
    case "knex": {
      const migrations = files.flatMap((file) =>
        file.includes("/") ? [] : (KNEX_FILE.exec(file)?.[1] ?? []),
      );
      if (migrations.length > 0) return { migrations };
      throw wrong(dir, dir, "it holds no migration of Knex (.js, .cjs, .mjs or .ts)");
    }
    default:
      return tool satisfies never;
  }
}

async function listDrizzle(dir: string, files: readonly string[]): Promise<Listed> {
  const entries = await readJournal(dir).catch((cause: unknown) => {
    if (!(cause instanceof SourceTextError)) throw cause;
    throw wrong(dir, JOURNAL, cause.message, cause);
  });
  if (entries === null) {
    throw wrong(dir, dir, `it has no ${JOURNAL}. Name the folder that drizzle-kit generate writes`);
  }
  const lost = entries.filter(({ tag }) => !files.includes(`${tag}.sql`));
  if (lost.length > 0) {
    const problems = lost.map(({ tag }) => ({
      file: JOURNAL,
      message: `it lists ${tag}, and there is no ${tag}.sql here. Put the file back`,
    }));
    throw new BundleError(dir, problems);
  }
  return {
    migrations: entries.map(({ tag }) => tag),
    when: Object.fromEntries(entries.map(({ tag, when }) => [tag, when])),
  };
}

async function listAlembic(dir: string): Promise<Listed> {
  let revisions: ReadonlyMap<string, readonly string[]>;
  try {
    revisions = await readRevisions(dir);
  } catch (cause) {
    if (!(cause instanceof AlembicFolderError)) throw cause;
    throw wrong(dir, dir, cause.message, cause);
  }
  const parents = [...revisions.values()].flat();
  const unknown = parents.filter((parent) => !revisions.has(parent));
  if (unknown.length > 0) {
    throw wrong(dir, dir, `no file has revision ${unknown.join(", ")}, which another comes after`);
  }
  const heads = [...revisions.keys()].filter((revision) => !parents.includes(revision));
  if (heads.length > 1) {
    const message = `it has ${heads.length} heads (${heads.join(", ")}), so that "upgrade head" fails. Join them with alembic merge heads`;
    throw wrong(dir, dir, message);
  }
  const [head] = heads;
  if (head === undefined) throw wrong(dir, dir, "it holds no revision of Alembic");
  return { migrations: ancestors(head, revisions), parents: Object.fromEntries(revisions) };
}

/** A revision and all that it comes after, oldest first. */
function ancestors(
  head: string,
  revisions: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const done = new Set<string>();
  const walk = (revision: string): void => {
    if (done.has(revision)) return;
    for (const parent of revisions.get(revision) ?? []) walk(parent);
    done.add(revision);
  };
  walk(head);
  return [...done];
}

async function readFiles(dir: string): Promise<Readonly<Record<string, string>>> {
  let entries;
  try {
    entries = await readdir(dir, { recursive: true, withFileTypes: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw wrong(dir, dir, `it cannot be read (${code}). Name a folder that exists`, cause);
  }
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, "/").length))
    .filter((path) => !NOT_READ.test(path))
    .toSorted();
  const texts = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(dir, path), "utf8")] as const),
  );
  return Object.fromEntries(texts);
}

function wrong(dir: string, file: string, message: string, cause?: unknown): BundleError {
  return new BundleError(dir, [{ file, message }], cause === undefined ? undefined : { cause });
}
