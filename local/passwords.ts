import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "./private-file.ts";
import { codeOf, UserError } from "./user-error.ts";

/** The passwords of one data folder. */
export interface Passwords {
  /** Whether there were any before this run. */
  readonly existed: boolean;
  /** The password of that name; made and kept where there is none. */
  of(name: string): string;
}

/** 144 bits, in characters that need no escaping in a URL, a connection string or SQL. */
const BYTES = 18;

/**
 * Opens the passwords of a data folder, in a file that only its owner reads.
 *
 * @throws UserError where the file is damaged
 */
export function openPasswords(folder: string): Passwords {
  const path = join(folder, "passwords.json");
  const kept = read(path);
  const all = new Map(kept);
  return {
    existed: kept.length > 0,
    of: (name) => {
      const known = all.get(name);
      if (known !== undefined) return known;
      const made = randomBytes(BYTES).toString("base64url");
      all.set(name, made);
      writePrivateFile(path, `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);
      return made;
    },
  };
}

function read(path: string): readonly (readonly [string, string])[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
    // A copy of the folder may have lost its modes.
    chmodSync(path, 0o600);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's message would quote the file.
    content = undefined;
  }
  const entries = typeof content === "object" && content !== null ? Object.entries(content) : [];
  const passwords = entries.filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  if (entries.length === 0 || passwords.length < entries.length) {
    throw new UserError(
      `${path} is damaged: put it back from a copy, or remove the whole folder to begin with empty databases`,
    );
  }
  return passwords;
}
