import type { Finding } from "./finding.ts";
import { BLOCKS } from "./locks.ts";
import type { PartlyJudged } from "./lint-folders.ts";

/** `002_x.sql:4`, or the file alone. */
export function placeText({ file, line }: Pick<Finding, "file" | "line">): string {
  return line === null ? file : `${file}:${line}`;
}

/** The lock and what others cannot do meanwhile; `null`: none. */
export function lockText({ lock }: Finding): string | null {
  if (lock === null) return null;
  const table = lock.table === null ? "" : ` on ${lock.table}`;
  return `${lock.mode}${table}, which blocks ${BLOCKS[lock.mode]}`;
}

/** A finding in one line. */
export function findingLine(finding: Finding): string {
  const lock = lockText(finding);
  const statement =
    finding.line === null && finding.statement !== null ? ` in: ${finding.statement}` : "";
  return `${placeText(finding)}: ${finding.rule}: ${finding.message}${lock === null ? "" : ` (${lock})`}${statement}`;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n    ");
}

/** A finding on several lines, with the safe way. */
export function findingText(finding: Finding): string {
  const lock = lockText(finding);
  return [
    `${finding.severity} ${placeText(finding)}: ${finding.rule}: ${finding.message}`,
    ...(finding.statement === null ? [] : [`  statement: ${finding.statement}`]),
    ...(lock === null ? [] : [`  lock: ${lock}`]),
    `  safe:\n    ${indented(finding.safe)}`,
  ].join("\n");
}

export function partlyLine({ file, reasons }: PartlyJudged): string {
  return `${file}: a part of it was judged: ${reasons.join("; ")}`;
}
