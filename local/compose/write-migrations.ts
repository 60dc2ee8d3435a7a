import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PlatformSpec } from "../../config/spec.ts";
import { MIGRATIONS_FOLDER } from "./build-compose.ts";

/**
 * Writes the migrations as a Job would get them, TypeScript compiled, into a folder per database. All
 * may read them, as the container's user is not the one who wrote them, whatever the umask.
 */
export function writeMigrations(projectDir: string, { databases }: PlatformSpec): void {
  for (const database of databases) {
    const folder = join(projectDir, MIGRATIONS_FOLDER, database.kubeName);
    const { delivery } = database.runner?.mount ?? database;
    // A migration that was renamed must not stay beside its new name.
    rmSync(folder, { recursive: true, force: true });
    // Docker would make a folder that is missing as root, which the next run could not remove.
    mkdirSync(folder, { recursive: true });
    for (const { key, path } of delivery.items) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      chmodSync(dirname(file), 0o755);
      writeFileSync(file, delivery.files[key] ?? "");
      chmodSync(file, 0o644);
    }
    chmodSync(folder, 0o755);
  }
}
