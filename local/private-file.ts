import { renameSync, writeFileSync } from "node:fs";

/**
 * Replaces a file as a whole, readable by its owner only: a kill in the middle leaves the old one, never
 * half of it.
 */
export function writePrivateFile(path: string, text: string): void {
  const next = `${path}.${process.pid}`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, path);
}
