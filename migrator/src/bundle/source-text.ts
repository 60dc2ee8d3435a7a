import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A source file is not text that Postgres or the compiler could read; the message is for people. */
export class SourceTextError extends Error {
  override readonly name = "SourceTextError";
}

/**
 * Reads a source file: UTF-8, without its BOM, with LF line ends, so that a checkout on Windows has
 * the checksum of one on Linux.
 *
 * @throws SourceTextError when it cannot be read, is not UTF-8 or holds a NUL.
 */
export function readSource(path: string): string {
  return withoutMarks(readText(path));
}

/**
 * The text of a file whose SHA-256 is known, or `null` where it has another or cannot be read: `readText`
 * says why. Node reads a file as text in a quarter of the time, and what is no text has another sum.
 */
export function readKnown(path: string, expected: string): string | null {
  try {
    const text = readFileSync(path, "utf8");
    return sha256(text) === expected ? text : null;
  } catch {
    return null;
  }
}

/**
 * Reads a delivered file, to the letter: it was normalised when it was delivered.
 *
 * @throws SourceTextError as {@link readSource} does.
 */
export function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    throw new SourceTextError(
      `it cannot be read (${code}). Give the user who runs this read access to it`,
      { cause },
    );
  }
  if (!isUtf8(bytes)) throw new SourceTextError("it is not UTF-8 text. Save it as UTF-8");
  const text = bytes.toString("utf8");
  const nul = text.indexOf("\0");
  if (nul < 0) return text;
  throw new SourceTextError(
    `it holds a NUL character (offset ${nul}), which Postgres does not take. Delete it, or save the file as UTF-8`,
  );
}

function withoutMarks(text: string): string {
  return (text.startsWith("\uFEFF") ? text.slice(1) : text).replaceAll("\r\n", "\n");
}

/** SHA-256 of a text's UTF-8 form, in hex. */
export function sha256(text: string): string {
  return hash("sha256", text);
}

/** Lines (from 1) by offset, in the order of a binary search, for a text that does not change. */
export function lineIndex(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) ends.push(at);
  return (offset) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ends[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
