import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "./private-file.ts";
import { showPath } from "./show-path.ts";
import { codeOf, textOf, UserError } from "./user-error.ts";

/** What a data folder holds, by path. */
export interface DataFolder {
  readonly path: string;
  /** Postgres' own folder. */
  readonly cluster: string;
  /** What Postgres printed since its last start. */
  readonly log: string;
}

/**
 * Makes the folder, for its owner only, where there is none.
 *
 * @throws UserError where it cannot be used
 */
export function openDataFolder(path: string): DataFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    throw new UserError(
      `${showPath(path)} cannot hold the data (${codeOf(error) ?? textOf(error)}): give a folder of your own with --data DIR`,
      { cause: error },
    );
  }
  return { path, cluster: join(path, "postgres"), log: join(path, "postgres.log") };
}

/** The port that Postgres had in this folder's last run. */
export function rememberedPort(folder: DataFolder): number | undefined {
  try {
    const port = Number(readFileSync(portFile(folder), "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

export function rememberPort(folder: DataFolder, port: number): void {
  writePrivateFile(portFile(folder), `${port}\n`);
}

function portFile(folder: DataFolder): string {
  return join(folder.path, "port");
}
