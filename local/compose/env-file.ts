import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { writePrivateFile } from "../private-file.ts";
import { codeOf } from "../user-error.ts";

/** 144 bits, in characters that need no escaping in a URL, a Compose file or SQL. */
const BYTES = 18;

/**
 * Adds what is missing to a `.env` file, each with a password of its own, and makes it readable by its
 * owner only. What stands in it stays as it is: a database keeps the passwords that it was made with.
 *
 * @returns the variables that were added.
 */
export function completeEnvFile(path: string, variables: readonly string[]): readonly string[] {
  const text = read(path);
  const known = new Set(
    [...text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/gm)].map((m) => m[1]),
  );
  const missing = [...new Set(variables)].filter((name) => !known.has(name));
  if (missing.length === 0) {
    if (text !== "") chmodSync(path, 0o600);
    return [];
  }
  const begin = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const lines = missing.map((name) => `${name}=${randomBytes(BYTES).toString("base64url")}\n`);
  writePrivateFile(path, begin + lines.join(""));
  return missing;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
}
