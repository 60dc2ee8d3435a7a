import { type MigratorError, messageOf } from "./migrator-error.ts";

/**
 * The verdict of a failure in plain text, most important line first: it is what Kubernetes shows of a
 * failed pod and what Pulumi prints.
 */
export function verdictOf(error: MigratorError): string {
  const { file, line, sqlstate, statement, detail, hint, blocker, state, next } = error.details;
  const place = file === undefined ? "" : line === undefined ? `${file}: ` : `${file}:${line}: `;
  const code = sqlstate === undefined ? "" : ` (SQLSTATE ${sqlstate})`;
  return [
    `${place}${error.message}${code}`,
    ...(statement === undefined ? [] : [`statement: ${statement}`]),
    ...(detail === undefined ? [] : [`detail: ${detail}`]),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ...(blocker === undefined ? [] : [`blocked by: ${blocker}`]),
    ...(state === undefined ? [] : [`state: ${state}`]),
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].join("\n");
}

/** Cuts text to a number of bytes of UTF-8 without splitting a character. */
export function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= limit) return text;
  const mark = "\n(cut)";
  let end = limit - mark.length;
  // A byte of the form 10xxxxxx continues a character: step back to its first byte.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString("utf8") + mark;
}

/**
 * Removes secrets from text that leaves the process. Nothing here should hold one; a message that
 * echoes a connection string of somebody else's making still must not leak it.
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length === 0) continue;
    clean = clean.replaceAll(secret, "***").replaceAll(encodeURIComponent(secret), "***");
  }
  return clean;
}

/** The text of an error that is nobody's mistake but ours, for the one place that prints it. */
export function unexpected(error: unknown): string {
  return `unexpected: ${messageOf(error)}`;
}
