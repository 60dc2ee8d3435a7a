import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BundleError, bundleFolder, type BundledMigration } from "../../../src/bundle/index.ts";

/** Runs `work` on a folder that holds these files, and removes it. */
export async function withFolder<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "migrations-"));
  try {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), content);
    }
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The migrations of a folder that holds these files. */
export async function read(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<readonly BundledMigration[]> {
  return await withFolder(files, async (dir) => (await bundleFolder(dir)).migrations);
}

/** The mistakes of a folder that holds these files, as `file:line: message`. */
export async function mistakes(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string[]> {
  return await withFolder(files, async (dir) => {
    const error: unknown = await bundleFolder(dir).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof BundleError))
      throw new Error("the folder was not refused", { cause: error });
    return error.problems.map(
      ({ file, line, message }) =>
        `${[file.replace(dir, "DIR"), line].filter((part) => part !== undefined).join(":")}: ${message.replaceAll(dir, "DIR")}`,
    );
  });
}
