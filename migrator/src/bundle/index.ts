/** Folders of migrations as plain data: read, checked, compiled and delivered without a database. */
export { BundleError, type BundleProblem } from "./bundle-error.ts";
export { bundleFolder } from "./bundle-folder.ts";
export { toDeliveredFiles } from "./deliver.ts";
export { bundleDigest } from "./digest.ts";
export { type ForeignFolder, foreignFolder } from "./foreign-folder.ts";
export { flatKey } from "./flat-key.ts";
export { compareVersions, isAtLeast, versionNumber } from "./version.ts";
export type {
  BundledDown,
  BundledMigration,
  MigrationBundle,
  Phase,
  StatementRange,
} from "./types.ts";
export {
  type Finding,
  findingLine,
  type FolderToLint,
  lintFolders,
  type LintResult,
  ParserMissingError,
  partlyLine,
} from "../lint/index.ts";
