import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BundleError } from "../bundle/bundle-error.ts";
import type { FolderFormat } from "../bundle/folder-format.ts";
import { writtenFormat } from "../bundle/written-format.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";
import { newFiles } from "./new-files.ts";
import { nextNumber } from "./next-number.ts";

export interface CreateRequest {
  /** The folder; made where it does not exist. */
  readonly folder: string;
  /** What the migration does, in words; becomes `add_email`. */
  readonly name: string;
  readonly kind: "sql" | "ts";
  /** It is for after the rollout; default `false`. */
  readonly contract?: boolean;
  /** Default: now. */
  readonly now?: Date;
}

export interface CreateResult {
  /** What was written, relative to the folder. */
  readonly files: readonly string[];
}

/**
 * Writes the files of a new migration, numbered and written as the folder's own are. Overwrites nothing.
 *
 * @throws MigratorError of kind `usage`; also in a folder of two formats, which `check` refuses, and of
 *   Drizzle, which runs what its journal lists and nothing else.
 */
export async function create(request: CreateRequest): Promise<CreateResult> {
  const { folder, kind } = request;
  const words = request.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  if (words === "") {
    throw new MigratorError("usage", `${JSON.stringify(request.name)} names nothing`, {
      next: 'say in letters and digits what the migration does: migrator create "add email"',
    });
  }
  const present = await list(folder);
  const name = `${nextNumber(present, request.now ?? new Date())}_${words}`;
  const format = await writable(folder, words, kind);
  const files = newFiles(name, kind, request.contract ?? false, format);
  for (const [file, text] of files) {
    try {
      // "wx": two people who create at once must not overwrite each other.
      await writeFile(join(folder, file), text, { flag: "wx" });
    } catch (error) {
      throw new MigratorError(
        "usage",
        `${file} cannot be written: ${messageOf(error)}`,
        {},
        { cause: error },
      );
    }
  }
  return { files: files.map(([file]) => file) };
}

/** The folder's format, where a file that is written here would be of the same. */
async function writable(
  folder: string,
  words: string,
  kind: "sql" | "ts",
): Promise<Exclude<FolderFormat, "drizzle">> {
  const { format, problems } = await writtenFormat(folder);
  if (problems.length > 0) {
    throw new MigratorError("usage", new BundleError(folder, problems).message);
  }
  if (format === "drizzle") {
    throw new MigratorError("usage", `${folder} is Drizzle's, whose journal must list every file`, {
      next: `drizzle-kit generate --custom --name=${words}`,
    });
  }
  if (kind === "ts" && format !== "plain") {
    throw new MigratorError("usage", `the files of ${folder} are ${format}'s, which are SQL`, {
      next: "leave out --ts",
    });
  }
  return format;
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await readdir(folder);
  } catch (error) {
    throw new MigratorError(
      "usage",
      `${folder} cannot be used: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}
