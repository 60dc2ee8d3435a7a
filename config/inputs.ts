import type { ForeignFolder, LintResult, MigrationBundle } from "@tidegate/migrator/bundle";

/** What a file led to, or why it led to nothing. */
export type Found<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** Everything that a configuration names and that had to be read from disk, by how it is named. */
export interface Inputs {
  /** By folder of migrations. */
  readonly bundles: ReadonlyMap<string, Found<MigrationBundle>>;
  /** Folders of other tools, by `runnerFolderKey`. */
  readonly foreign: ReadonlyMap<string, Found<ForeignFolder>>;
  /** What Postgres' own parser finds in them, by database. */
  readonly lints: ReadonlyMap<string, Found<LintResult>>;
  /** Digests of what images are built from, by `buildKey`. */
  readonly digests: ReadonlyMap<string, Found<string>>;
  /** PEM text, by file. */
  readonly certificates: ReadonlyMap<string, Found<string>>;
}

/** The value; `undefined` where there is none. */
export function valueOf<T>(found: Found<T> | undefined): T | undefined {
  return found !== undefined && "value" in found ? found.value : undefined;
}

/** The problems; none where there is a value. */
export function problemsOf(found: Found<unknown> | undefined): readonly string[] {
  return found !== undefined && "problems" in found ? found.problems : [];
}
