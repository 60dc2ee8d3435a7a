import type { ForeignFolder } from "@tidegate/migrator/bundle";
import { describe, expect, test } from "vitest";
import { parsePlatform } from "../parse.ts";
import { changed, CONTEXT, DIGEST, INPUTS, problemsIn } from "../test-platform.ts";
import type { Tree } from "../tree.ts";

const IMAGE = `ghcr.io/acme/shop-migrations@${DIGEST}`;

const FOLDER: ForeignFolder = {
  migrations: ["1975ea83b712", "27c6a30d7c24"],
  parents: { "1975ea83b712": [], "27c6a30d7c24": ["1975ea83b712"] },
  files: { "a.py": "…" },
  digest: "0".repeat(64),
};

const context = {
  inputs: {
    ...INPUTS,
    foreign: new Map([
      ["alembic:shop/versions", { value: FOLDER }],
      ["knex:shop/broken", { problems: ["shop/broken: it holds no migration of Knex"] }],
      [":shop/large", { value: { ...FOLDER, files: { "a.sql": "x".repeat(1_000_000) } } }],
    ]),
  },
};

/** A runner in which nothing is wrong. */
const RUNNER: Tree = { image: IMAGE, history: "alembic", migrations: "shop/versions" };

function withRunner(runner: Tree, more: Tree = {}): Tree {
  return changed({ databases: { shop: { runner } }, ...more });
}

describe("another tool than the built-in runner", () => {
  test("is taken as it is, with every default", () => {
    const value = withRunner({
      ...RUNNER,
      args: ["upgrade", "head"],
      env: { DEBUG: 1 },
      connection: "pg",
    });
    const parsed = parsePlatform([{ source: "x", value }], { ...CONTEXT, ...context });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const shop = parsed.spec.databases.find(({ name }) => name === "shop");
    expect(shop?.migrations.migrations).toEqual([]);
    expect(shop?.runner).toEqual({
      image: { reference: IMAGE },
      args: ["upgrade", "head"],
      env: { DEBUG: "1" },
      connection: {
        PGHOST: "host",
        PGPORT: "port",
        PGDATABASE: "database",
        PGUSER: "username",
        PGPASSWORD: "password",
        PGSSLMODE: "sslmode",
      },
      secretEnv: {},
      envFrom: [],
      user: 1000,
      gate: { by: "history", history: { tool: "alembic", parents: FOLDER.parents } },
      migrations: FOLDER.migrations,
      digest: FOLDER.digest,
    });
  });

  test.each<[string, Tree, readonly string[]]>([
    [
      "an image by tag",
      { ...RUNNER, image: "ghcr.io/acme/shop:1" },
      [
        'databases.shop.runner.image: "ghcr.io/acme/shop:1" has no digest, so that what runs could change behind the stack\'s back: give ghcr.io/acme/shop:1@sha256:… (docker buildx imagetools inspect ghcr.io/acme/shop:1)',
      ],
    ],
    [
      "no image and no build",
      { history: "none" },
      ["databases.shop.runner.image: is missing: give image (by digest) or build: { context }"],
    ],
    [
      "nothing said of the gate",
      { image: IMAGE },
      [
        "databases.shop.runner.history: must be drizzle, knex, alembic, { tool, table }, { command }, or none",
      ],
    ],
    [
      "a tool whose migrations are not known",
      { image: IMAGE, history: "knex" },
      [
        "databases.shop.runner.migrations: is missing: name the folder of knex's migrations, whose names the gate waits for",
      ],
    ],
    [
      "a folder that the tool could not use",
      { image: IMAGE, history: "knex", migrations: "shop/broken" },
      ["databases.shop.runner.migrations: shop/broken: it holds no migration of Knex"],
    ],
    [
      "a mount of nothing",
      { image: IMAGE, history: "none", mount: "/app/migrations" },
      ["databases.shop.runner.mount: needs migrations: the folder that is mounted there"],
    ],
    [
      "a mount of more than a ConfigMap carries",
      { image: IMAGE, history: "none", migrations: "shop/large", mount: "/app/migrations" },
      [
        "databases.shop.runner.mount: these migrations have 977 KiB and a ConfigMap carries 900 KiB: build them into the runner's image, and take mount out",
      ],
    ],
    [
      "a user that is root",
      { ...RUNNER, user: 0 },
      ["databases.shop.runner.user: must be a whole number from 1: no pod runs as root"],
    ],
    [
      "a variable of its connection",
      { ...RUNNER, env: { DATABASE_URL: "x" }, rollback: { env: { DATABASE_URL: "y" } } },
      [
        "databases.shop.runner.env.DATABASE_URL: is set by the connection to the database: take it out",
        "databases.shop.runner.rollback.env.DATABASE_URL: is set by the connection to the database: take it out",
      ],
    ],
    [
      "a rollback that would migrate once more",
      { ...RUNNER, rollback: {} },
      [
        "databases.shop.runner.rollback: would migrate once more: give it command, args or env that take a migration back",
      ],
    ],
    [
      "an image of its gate by tag",
      { ...RUNNER, history: { command: ["status"], image: "ghcr.io/acme/shop" } },
      [
        'databases.shop.runner.history.image: "ghcr.io/acme/shop" has no digest, so that what runs could change behind the stack\'s back: give ghcr.io/acme/shop@sha256:… (docker buildx imagetools inspect ghcr.io/acme/shop)',
      ],
    ],
  ])("%s is refused", (_, runner, problems) => {
    expect(problemsIn(withRunner(runner), context)).toEqual(problems);
  });

  test("beside a folder of the built-in runner is refused", () => {
    const both = changed({ databases: { auth: { runner: RUNNER } } });
    expect(problemsIn(both, context)).toEqual([
      "databases.auth.migrations: and runner exclude each other: keep one",
    ]);
  });

  test("another strategy than its Job is refused, and a window on a history that nobody reads", () => {
    const value = changed({
      databases: { shop: { runner: { image: IMAGE, history: "none" }, strategy: "manual" } },
      services: { web: { databases: { shop: "app" }, schema: { min: "1" } } },
    });
    expect(problemsIn(value, context)).toEqual([
      "databases.shop.strategy: manual is the built-in runner's: another tool migrates in its Job, strategy job",
      'services.web.schema: the gate of "shop" does not read its tool\'s history (databases.shop.runner.history), so that no version could be looked for: take it out',
    ]);
  });

  test("a secret that is not set, and one in clear, are named with their variable", () => {
    const value = withRunner({ ...RUNNER, secretEnv: { TOKEN: "apiToken", KEY: "apiKey" } });
    const secrets = { encrypted: new Set<string>(), clear: new Set(["apiKey"]) };
    expect(problemsIn(value, { ...context, secrets })).toEqual([
      "databases.shop.runner.secretEnv.TOKEN: is not set: pulumi config set --secret apiToken",
      'databases.shop.runner.secretEnv.KEY: "apiKey" is stored in clear: pulumi config set --secret apiKey encrypts it; then change the secret itself, as it was readable',
    ]);
  });

  test("a service's window counts the tool's own migrations, in their order", () => {
    const window = (schema: Tree): string[] =>
      problemsIn(
        withRunner(RUNNER, {
          services: { web: { databases: { shop: "app" }, schema } },
        }),
        context,
      );
    expect(window({ min: "1975ea83b712", max: "27c6a30d7c24" })).toEqual([]);
    expect(window({ min: "1975ea83b71", max: "1975ea83b712" })).toEqual([
      'services.web.schema.min: "1975ea83b71" is not among the migrations of shop, so that the service would wait for ever; did you mean "1975ea83b712"? (newest: 27c6a30d7c24)',
      'services.web.schema.max: this deploy brings shop to "27c6a30d7c24", past "1975ea83b712": deploy an image of the service that survives it, or hold the migration back',
    ]);
  });
});
