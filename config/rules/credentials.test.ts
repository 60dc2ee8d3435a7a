import { describe, expect, test } from "vitest";
import { changed, problemsIn, type Row } from "../test-platform.ts";

const PG = { host: "PGHOST", port: "PGPORT", username: "PGUSER", password: "PGPASSWORD" };
const EXTERNAL = { kind: "external", host: "db.internal" };

const ROWS: readonly Row[] = [
  [
    "a password that is renewed for a service without a database",
    { services: { web: { passwordGeneration: 1 } } },
    ["services.web.passwordGeneration: has no meaning without a database: take it out"],
  ],
  [
    "a generation that is no number",
    { services: { api: { passwordGeneration: -1 } } },
    [
      "services.api.passwordGeneration: must be a whole number from 0 to 999, raised by one for each new password",
    ],
  ],
  [
    "a Secret without the part that the program reads",
    { services: { api: { databases: { auth: { existingSecret: { name: "api-db" } } } } } },
    [
      'services.api.databases.auth.existingSecret.keys: name no url, and the program reads DATABASE_URL: add url: <key of the Secret "api-db">, or choose another connection than url',
    ],
  ],
  [
    "a Secret with a URL for a program that reads single parts",
    {
      services: {
        api: {
          databases: {
            auth: { connection: "pg", existingSecret: { name: "api-db", keys: "url" } },
          },
        },
      },
    },
    [
      'services.api.databases.auth.existingSecret.keys: name no username, and the program reads PGUSER: add username: <key of the Secret "api-db">, or choose another connection than this',
      'services.api.databases.auth.existingSecret.keys: name no password, and the program reads PGPASSWORD: add password: <key of the Secret "api-db">, or choose another connection than this',
    ],
  ],
  [
    "a map of keys with half a login",
    {
      services: {
        api: {
          databases: { auth: { existingSecret: { name: "api-db", keys: { username: "u" } } } },
        },
      },
    },
    [
      "services.api.databases.auth.existingSecret.keys: must name a key for url, or one for username and one for password",
    ],
  ],
  [
    "a migrator's password that is renewed here and kept elsewhere",
    {
      databases: {
        auth: { migrator: { passwordGeneration: 1, existingSecret: { name: "auth-migrator" } } },
      },
    },
    [
      "databases.auth.migrator.passwordGeneration: renews a password that Tidegate made, and existingSecret names one that somebody else keeps: keep one of the two",
    ],
  ],
  [
    "the password of an external server's admin, renewed here",
    { server: { ...EXTERNAL, admin: { passwordGeneration: 1 } } },
    [
      "server.admin.passwordGeneration: has no meaning for an external server: change the password there, then pulumi config set --secret adminPassword",
    ],
  ],
  [
    "an existing Secret of the admin of a server that Tidegate makes",
    { server: { admin: { existingSecret: { name: "admin" } } } },
    [
      "server.admin.existingSecret: has no meaning for a server of kind docker, whose password Tidegate makes: take it out, or kind: external",
    ],
  ],
  [
    "an existing Secret of the admin for a deployer outside of the cluster",
    {
      provisioning: "provider",
      server: {
        ...EXTERNAL,
        deployer: { host: "db.internal" },
        admin: { existingSecret: { name: "admin" } },
      },
    },
    [
      "server.admin.existingSecret: cannot be read by provisioning: provider, which logs in from outside of the cluster: provisioning: job, or set adminPassword instead",
    ],
  ],
];

test.each(ROWS)("%s is refused", (_, change, problems) => {
  expect(problemsIn(changed(change))).toEqual(problems);
});

test("a Secret with the parts that are read is taken", () => {
  const databases = {
    auth: { connection: "pg", existingSecret: { name: "api-db", keys: PG } },
  };
  expect(problemsIn(changed({ services: { api: { databases } } }))).toEqual([]);
});

describe("the admin's password of the stack", () => {
  const secrets = { encrypted: new Set(["adminPassword"]), clear: new Set<string>() };

  test("is not needed where a Secret in the cluster holds it", () => {
    const server = { ...EXTERNAL, admin: { existingSecret: { name: "admin" } } };
    const none = { encrypted: new Set<string>(), clear: new Set<string>() };
    expect(problemsIn(changed({ server }), { secrets: none })).toEqual([]);
    expect(problemsIn(changed({ server }), { secrets })).toEqual([
      "adminPassword: is set, and server.admin.existingSecret names a Secret that holds it: keep one (pulumi config rm adminPassword)",
    ]);
  });

  test("is not renewed by a number, as Tidegate did not make it", () => {
    const server = { admin: { passwordGeneration: 1 } };
    expect(problemsIn(changed({ server }), { secrets })).toEqual([
      "server.admin.passwordGeneration: renews a password that Tidegate made, and adminPassword is set: change it on the server, then with pulumi config set --secret adminPassword",
    ]);
  });
});
