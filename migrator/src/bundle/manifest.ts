import type { BundledDown, BundledMigration, StatementRange } from "./types.ts";

/** A migration in the manifest: all of it but the texts. */
export interface ManifestMigration extends Omit<BundledMigration, "up" | "down"> {
  /** File that holds {@link BundledMigration.up} in the delivered folder. */
  readonly delivered: string;
  readonly down: (Omit<BundledDown, "text"> & { readonly delivered: string }) | null;
}

/** `manifest.json` of a delivered folder. */
export interface Manifest {
  readonly format: 1;
  /** Delivered file → SHA-256 of its text, in hex. */
  readonly files: Readonly<Record<string, string>>;
  readonly migrations: readonly ManifestMigration[];
}

/** A manifest that this version cannot read; the message is for people. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** Prints a manifest with sorted keys and one migration a line, so that equal ones are equal texts. */
export function printManifest({ format, files, migrations }: Manifest): string {
  const printedFiles = Object.keys(files)
    .toSorted()
    .map((file) => `${JSON.stringify(file)}: ${JSON.stringify(files[file])}`);
  return `{
"files": {${lines(printedFiles)}},
"format": ${format},
"migrations": [${lines(migrations.map((each) => JSON.stringify(plain(each))))}]
}
`;
}

function lines(items: readonly string[]): string {
  return items.length === 0 ? "" : `\n${items.join(",\n")}\n`;
}

/** Statements as `[start, end, line]`: with names they would be most of the manifest. */
function plain(migration: ManifestMigration): Record<string, unknown> {
  const { checksum, delivered, down, file, kind, name, phase, statements, transaction } = migration;
  return {
    checksum,
    delivered,
    down: down && {
      checksum: down.checksum,
      delivered: down.delivered,
      file: down.file,
      kind: down.kind,
    },
    file,
    kind,
    name,
    phase,
    statements: statements.map(({ start, end, line }) => [start, end, line]),
    transaction,
  };
}

/** @throws ManifestError */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ManifestError("it is not JSON. Deliver the folder again", { cause });
  }
  const manifest = record(value, "it");
  if (manifest["format"] !== 1) {
    const found = JSON.stringify(manifest["format"]) ?? "none";
    throw new ManifestError(
      `its format is ${found}, and this version reads format 1. Use the runner that belongs to it, or deliver the folder again`,
    );
  }
  const files = record(manifest["files"], "files");
  for (const file of Object.keys(files)) string(files, file, "files");
  return {
    format: 1,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each was looked at above
    files: files as Readonly<Record<string, string>>,
    migrations: list(manifest["migrations"], "migrations").map((each, i) =>
      readMigration(record(each, `migrations[${i}]`), `migrations[${i}]`),
    ),
  };
}

function readMigration(from: Readonly<Record<string, unknown>>, at: string): ManifestMigration {
  const down = from["down"] === null ? null : record(from["down"], `${at}.down`);
  const transaction = from["transaction"];
  if (typeof transaction !== "boolean") throw damaged(`${at}.transaction`);
  return {
    name: string(from, "name", at),
    kind: oneOf(from, "kind", ["sql", "typescript"], at),
    phase: oneOf(from, "phase", ["expand", "contract"], at),
    transaction,
    checksum: string(from, "checksum", at),
    file: string(from, "file", at),
    delivered: string(from, "delivered", at),
    statements: list(from["statements"], `${at}.statements`).map((each) => statement(each, at)),
    down: down && {
      kind: oneOf(down, "kind", ["sql", "typescript"], `${at}.down`),
      file: string(down, "file", `${at}.down`),
      checksum: string(down, "checksum", `${at}.down`),
      delivered: string(down, "delivered", `${at}.down`),
    },
  };
}

function statement(value: unknown, at: string): StatementRange {
  const [start, end, line] = list(value, `${at}.statements`);
  if (typeof start !== "number" || typeof end !== "number" || typeof line !== "number") {
    throw damaged(`${at}.statements`);
  }
  return { start, end, line };
}

/** No copy: a manifest holds thousands of these, and every start of a Job reads it. */
function record(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw damaged(at);
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged(at);
  return value;
}

function string(from: Readonly<Record<string, unknown>>, key: string, at: string): string {
  const value = from[key];
  if (typeof value !== "string") throw damaged(`${at}.${key}`);
  return value;
}

function oneOf<T extends string>(
  from: Readonly<Record<string, unknown>>,
  key: string,
  allowed: readonly T[],
  at: string,
): T {
  const found = allowed.find((each) => each === from[key]);
  if (found === undefined) throw damaged(`${at}.${key}`);
  return found;
}

function damaged(at: string): ManifestError {
  return new ManifestError(`${at} is missing or of the wrong kind. Deliver the folder again`);
}
