import type { BundleProblem } from "../bundle/bundle-error.ts";
import type { MigrationBundle } from "../bundle/types.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";
import type { Finding, PartlyJudged } from "../lint/index.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import { namedMigration } from "./named-migration.ts";
import { status, type StatusResult } from "./status.ts";

export interface CheckRequest extends ConnectionRequest {
  /** Folder of migrations. */
  readonly migrations: string;
  /** Only migrations newer than this one (its name, or its number) are judged; default: all. */
  readonly lintAfter?: string;
  /** Whether the folder is compared with the history of a database too; default `false`. */
  readonly withDatabase?: boolean;
}

export interface CheckResult {
  /** Names of the migrations, in order; empty where the folder could not be read. */
  readonly migrations: readonly string[];
  /** What is wrong with the folder; where something is, its statements are not judged. */
  readonly problems: readonly BundleProblem[];
  readonly findings: readonly Finding[];
  /** TypeScript migrations of which a part was judged. */
  readonly partly: readonly PartlyJudged[];
  /** How the folder and the database compare; `null`: they were not compared. */
  readonly database: StatusResult | null;
  /** With what `up` would refuse folder and database; `null`: it would not. */
  readonly refusal: MigratorError | null;
}

/**
 * Looks for everything that is wrong or risky in a folder. Without a database nothing but the folder is
 * needed; with one, what `up` would refuse is found too.
 *
 * @throws MigratorError of kind `usage` where the parser is not installed here, and where `lintAfter` names
 *   no migration: everything or nothing would be judged; what connecting throws.
 */
export async function check(request: CheckRequest): Promise<CheckResult> {
  const read = await readFolder(request.migrations);
  if ("problems" in read) {
    const { problems } = read;
    const nothing = { migrations: [], findings: [], partly: [], database: null, refusal: null };
    return { ...nothing, problems };
  }
  const { bundle } = read;
  const { findings, partly } = await judge(request, bundle);
  const compared =
    request.withDatabase === true
      ? await compare(request, bundle)
      : { database: null, refusal: null };
  const migrations = bundle.migrations.map(({ name }) => name);
  return { migrations, problems: [], findings, partly, ...compared };
}

async function readFolder(
  dir: string,
): Promise<{ bundle: MigrationBundle } | { problems: readonly BundleProblem[] }> {
  const { bundleFolder, BundleError } = await import("../bundle/index.ts");
  try {
    return { bundle: await bundleFolder(dir) };
  } catch (error) {
    if (error instanceof BundleError) return { problems: error.problems };
    throw error;
  }
}

async function judge(
  { migrations: dir, lintAfter, signal }: CheckRequest,
  bundle: MigrationBundle,
): Promise<{ findings: readonly Finding[]; partly: readonly PartlyJudged[] }> {
  const after = lintAfter === undefined ? undefined : namedMigration(bundle, lintAfter).name;
  const { lintFolders, ParserMissingError } = await import("../lint/index.ts");
  try {
    const folder = { dir, bundle, ...(after !== undefined && { after }) };
    const [result] = await lintFolders([folder], signal);
    return { findings: result?.findings ?? [], partly: result?.partly ?? [] };
  } catch (cause) {
    if (!(cause instanceof ParserMissingError)) throw cause;
    throw new MigratorError("usage", messageOf(cause), {}, { cause });
  }
}

async function compare(
  request: CheckRequest,
  bundle: MigrationBundle,
): Promise<Pick<CheckResult, "database" | "refusal">> {
  try {
    return { database: await status({ ...request, migrations: bundle }), refusal: null };
  } catch (error) {
    if (error instanceof MigratorError && error.kind === "refused") {
      return { database: null, refusal: error };
    }
    throw error;
  }
}
