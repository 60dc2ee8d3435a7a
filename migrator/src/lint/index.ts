/** Judges migrations by Postgres' own parser, in a process beside this one; needs no database. */
export type { Finding, Severity, TakenLock } from "./finding.ts";
export {
  type FolderToLint,
  lintFolders,
  type LintResult,
  type PartlyJudged,
} from "./lint-folders.ts";
export { ParserMissingError } from "./parser-process.ts";
export { findingLine, findingText, partlyLine } from "./render.ts";
