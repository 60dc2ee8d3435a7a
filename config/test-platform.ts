import type { BundledMigration, MigrationBundle } from "@tidegate/migrator/bundle";
import type { Found, Inputs } from "./inputs.ts";
import { buildKey, MIGRATOR_BUILD } from "./images/plan.ts";
import { type ParseContext, parsePlatform } from "./parse.ts";
import { pathText } from "./problem.ts";
import { mergeTrees, type Tree } from "./tree.ts";

/** A digest of the right form. */
export const DIGEST = `sha256:${"a".repeat(64)}`;

/** The names of the migrations in the folder `migrations/auth`, in order. */
export const AUTH_MIGRATIONS = ["001_accounts", "002_email", "010_index"];

/** A platform in which nothing is wrong: two databases, two services, a container as server. */
export const VALID: Tree = {
  context: "kind-kind",
  registry: "localhost:5000",
  server: { kind: "docker" },
  databases: {
    auth: { migrations: "migrations/auth" },
    battles: { migrations: "migrations/battles" },
  },
  services: {
    api: { image: `ghcr.io/acme/api@${DIGEST}`, databases: { auth: "app" } },
    web: { image: `ghcr.io/acme/web@${DIGEST}`, waitsFor: ["auth"] },
  },
};

/** {@link VALID} with `change` merged over it. */
export function changed(change: Tree): Tree {
  return mergeTrees(VALID, change);
}

/** A migration that does nothing, for a bundle. */
export function migration(name: string): BundledMigration {
  return {
    name,
    kind: "sql",
    phase: "expand",
    transaction: true,
    checksum: `sql1:${name}`,
    file: `${name}.sql`,
    up: "select 1;",
    statements: [{ start: 0, end: 8, line: 1 }],
    down: null,
  };
}

function bundle(names: readonly string[]): Found<MigrationBundle> {
  return { value: { format: 1, migrations: names.map(migration) } };
}

/** What the files of {@link VALID} lead to. */
export const INPUTS: Inputs = {
  bundles: new Map([
    ["migrations/auth", bundle(AUTH_MIGRATIONS)],
    ["migrations/battles", bundle(["001_battles"])],
  ]),
  foreign: new Map(),
  lints: new Map(),
  digests: new Map([[buildKey(MIGRATOR_BUILD), { value: "0123456789abcdef0123456789abcdef" }]]),
  certificates: new Map([["tls/ca.pem", { value: "-----BEGIN CERTIFICATE-----" }]]),
};

/** What a parse of {@link VALID} knows beside it. */
export const CONTEXT: ParseContext = { project: "tidegate", stack: "dev", inputs: INPUTS };

/** A row of a table test: what is wrong, the change that makes it so, and the whole report. */
export type Row = readonly [sentence: string, change: Tree, problems: readonly string[]];

/** `path: message` of every problem; empty when there is none. */
export function problemsIn(raw: Tree, context: Partial<ParseContext> = {}): string[] {
  const parsed = parsePlatform([{ source: "Pulumi.dev.yaml", value: raw }], {
    ...CONTEXT,
    ...context,
  });
  return "problems" in parsed
    ? parsed.problems.map(({ path, message }) => `${pathText(path)}: ${message}`)
    : [];
}
