/**
 * The line (from 1) of a position that Postgres reported for a message, in the file that stands in the
 * message behind `prefix`. Postgres counts characters from 1; text here counts UTF-16 units, so that a
 * character beyond the basic plane would shift every line behind it. A position in our own words behind
 * the file (an unfinished last statement) is the file's last line.
 */
export function lineOfPosition(prefix: string, file: string, position: number): number {
  let characters = position - 1 - prefix.length;
  let line = 1;
  const lastLine = file.trimEnd().split("\n").length;
  for (const character of file) {
    if (characters <= 0) break;
    if (character === "\n") line += 1;
    characters -= 1;
  }
  return Math.min(line, lastLine);
}

/** The start of a statement, on one line, for messages. */
export function excerpt(statement: string): string {
  const flat = statement.trim().replaceAll(/\s+/g, " ");
  return flat.length > 200 ? `${flat.slice(0, 200)}…` : flat;
}
