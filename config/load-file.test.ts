import { describe, expect, test } from "vitest";
import { loadPlatformFile } from "./load-file.ts";
import { withFolder } from "./temporary-folder.ts";
import { DIGEST } from "./test-platform.ts";

const PROJECT = "name: shop\nruntime: nodejs\n";
const SHARED = `
databases:
  battles: { migrations: migrations/battles }
  auth: { migrations: migrations/auth }
services:
  api: { image: x@${DIGEST}, databases: { auth: app } }
`;
const STACK = `
config:
  shop:extends: shared.yaml
  shop:context: kind-kind
  shop:namespace: ""
  shop:images: { migrator: x@${DIGEST} }
  shop:server: { kind: docker }
  other:key: value
`;
const FILES = {
  "Pulumi.yaml": PROJECT,
  "Pulumi.dev.yaml": STACK,
  "shared.yaml": SHARED,
  "migrations/auth/001_accounts.sql": "create table accounts (id int);\n",
  "migrations/auth/001_accounts.down.sql": "drop table accounts;\n",
  "migrations/battles/001_battles.sql": "create table battles (id int);\n",
  "migrations/battles/001_battles.down.sql": "drop table battles;\n",
};

async function load(files: Readonly<Record<string, string>>, env = {}) {
  return await withFolder({ ...FILES, ...files }, async (projectDir) =>
    loadPlatformFile("dev", { projectDir, env }),
  );
}

async function failureOf(files: Readonly<Record<string, string>>): Promise<string> {
  return await load(files).then(
    () => "loaded",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test("a stack's file and the one that it extends make a platform", async () => {
  const spec = await load({}, { GIT_COMMIT: "0123456789abcdef" });
  expect(spec.name).toBe("shop");
  expect(spec.namespace).toEqual({ name: "dev", create: true });
  expect(spec.commit).toBe("0123456789abcdef");
  expect(
    spec.databases.map(({ name, migrations }) => [name, migrations.migrations[0]?.name]),
  ).toEqual([
    ["battles", "001_battles"],
    ["auth", "001_accounts"],
  ]);
});

test("a folder without a repository has no commit", async () => {
  expect((await load({})).commit).toBeUndefined();
});

describe("a file that cannot be used is a problem with its name", () => {
  test("the stack's own", async () => {
    await withFolder({ "Pulumi.yaml": PROJECT }, async (projectDir) => {
      await expect(loadPlatformFile("dev", { projectDir, env: {} })).rejects.toThrow(
        'nothing was changed:\n  "Pulumi.dev.yaml" cannot be read (ENOENT): give a file, relative to Pulumi.yaml',
      );
    });
  });

  test("the extended one", async () => {
    const stack = STACK.replace("shared.yaml", "none.yaml");
    expect(await failureOf({ "Pulumi.dev.yaml": stack })).toBe(
      [
        "the configuration of stack dev has 1 problem; nothing was changed:",
        '  extends: "none.yaml" cannot be read (ENOENT): give a file, relative to Pulumi.yaml',
      ].join("\n"),
    );
  });

  test("two databases with one name", async () => {
    const shared = "databases:\n  auth: { migrations: a }\n  auth: { migrations: b }\n";
    expect(await failureOf({ "shared.yaml": shared })).toBe(
      [
        "the configuration of stack dev has 1 problem; nothing was changed:",
        "  extends: shared.yaml is no YAML: Map keys must be unique at line 3, column 3",
      ].join("\n"),
    );
  });

  test("a path out of the project", async () => {
    const stack = STACK.replace("shared.yaml", "../shared.yaml");
    expect(await failureOf({ "Pulumi.dev.yaml": stack })).toContain(
      '  extends: "../shared.yaml" leaves the project: give a path relative to Pulumi.yaml, without ".."',
    );
  });

  test("an extended file does not extend another", async () => {
    expect(await failureOf({ "shared.yaml": `extends: more.yaml\n${SHARED}` })).toContain(
      "  extends (shared.yaml): there is no such key; allowed here: namespace, context,",
    );
  });

  test("a key in the wrong place", async () => {
    expect(await failureOf({ "Pulumi.dev.yaml": `${STACK}  shop:sever: {}\n` })).toContain(
      '  sever (Pulumi.dev.yaml): there is no such key; did you mean "server"? allowed here: extends, adminPassword, namespace,',
    );
  });

  test("mistakes in migrations, with file and key", async () => {
    expect(await failureOf({ "migrations/auth/002_open.sql": "select 'open;\n" })).toContain(
      "  databases.auth.migrations (shared.yaml): 002_open.sql:1: ",
    );
  });
});

describe("an encrypted value", () => {
  test("under a key of its own is left out and no problem", async () => {
    const stack = `${STACK}  shop:adminPassword: { secure: v1:abc }\n`;
    expect(await failureOf({ "Pulumi.dev.yaml": stack })).toBe("loaded");
  });

  test("inside of a structured one is refused with the reason and its path", async () => {
    const stack = STACK.replace(
      "{ kind: docker }",
      "{ kind: docker, admin: { user: { secure: v1:abc } } }",
    );
    expect(await failureOf({ "Pulumi.dev.yaml": stack })).toBe(
      [
        "the configuration of stack dev has 1 problem; nothing was changed:",
        "  server.admin.user (Pulumi.dev.yaml): is encrypted inside a structured value, which reads as plain text and would stand in clear in the state; take it out (pulumi config rm --path) and set it under a key of its own with pulumi config set --secret <key>, named in secretEnv",
      ].join("\n"),
    );
  });

  test("in the extended file is refused too", async () => {
    const shared = `${SHARED}  web: { image: x@${DIGEST}, env: { PW: { secure: v1:abc } } }\n`;
    expect(await failureOf({ "shared.yaml": shared })).toContain(
      "  services.web.env.PW (shared.yaml): is encrypted inside a structured value",
    );
  });
});

test("an authority's file with a private key in it is refused", async () => {
  const stack = STACK.replace(
    "{ kind: docker }",
    "{ kind: external, host: db.example, tls: { ca: ca.pem } }",
  );
  const pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  expect(await failureOf({ "Pulumi.dev.yaml": stack, "ca.pem": pem })).toBe(
    [
      "the configuration of stack dev has 1 problem; nothing was changed:",
      '  server.tls.ca (Pulumi.dev.yaml): "ca.pem" holds a private key, which must not leave its server: give the certificates only',
    ].join("\n"),
  );
  expect(await failureOf({ "Pulumi.dev.yaml": stack, "ca.pem": "no certificate" })).toContain(
    '  server.tls.ca (Pulumi.dev.yaml): "ca.pem" holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)',
  );
});
