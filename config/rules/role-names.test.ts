import { describe, expect, test } from "vitest";
import { changed, DIGEST, problemsIn, type Row } from "../test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "upper case",
    { databases: { Users: { migrations: "migrations/auth" } } },
    [
      'databases.Users: a database is not called "Users": with upper case every tool would have to quote it; call it "users"',
    ],
  ],
  [
    "SQL",
    { databases: { '"; drop database': { migrations: "migrations/auth" } } },
    [
      'databases["\\"; drop database"]: a database is not called "\\"; drop database": a name has lower-case letters, digits and underscores, begins with a letter and does not end with an underscore',
    ],
  ],
  [
    "Postgres' prefix",
    { databases: { pg_auth: { migrations: "migrations/auth" } } },
    [
      'databases.pg_auth: a database is not called "pg_auth": Postgres keeps names that begin with pg_ for its own roles',
    ],
  ],
  ...["postgres", "template0", "template1"].map((name): Row => [
    name,
    { databases: { [name]: { migrations: "migrations/auth" } } },
    [`databases.${name}: a database is not called "${name}": that one belongs to the server`],
  ]),
  [
    "a trailing underscore",
    { databases: { auth_: { migrations: "migrations/auth" } } },
    [
      'databases.auth_: a database is not called "auth_": a name has lower-case letters, digits and underscores, begins with a letter and does not end with an underscore',
    ],
  ],
  [
    "55 characters, of which a role would have 64",
    { databases: { ["d".repeat(55)]: { migrations: "migrations/auth" } } },
    [
      `databases.${"d".repeat(55)}: its role "${"d".repeat(55)}_migrator" has 64 bytes and Postgres cuts names at 63: a database's name has at most 54`,
    ],
  ],
  [
    "the admin's own database",
    { server: { admin: { database: "auth" } } },
    [
      "databases.auth: is also server.admin.database, which must exist before: give one of them another name",
    ],
  ],
  [
    "a role that is also the admin",
    { server: { admin: { user: "auth_owner" } } },
    ['databases.auth: its role "auth_owner" is also that of the admin: rename one of them'],
  ],
  [
    "a login that is also the admin",
    { server: { admin: { user: "api_a" } } },
    ['services.api: its role "api_a" is also that of the admin: rename one of them'],
  ],
  [
    "a service whose name has an underscore, as its login would be another's",
    {
      services: {
        "a-b": { image: `x@${DIGEST}` },
        a_b: { image: `x@${DIGEST}` },
      },
    },
    [
      'services.a_b: "a_b" is no name for Kubernetes: at most 50 lower-case letters, digits and hyphens; it begins with a letter and does not end with a hyphen',
    ],
  ],
  [
    "a service whose login Postgres would refuse",
    { services: { pg: { image: `x@${DIGEST}`, databases: { auth: "app" } } } },
    [
      'services.pg: its login "pg_a" begins with pg_, which Postgres keeps for its own roles: rename the service',
    ],
  ],
  [
    "a service that is called as the server's own Service",
    { services: { postgres: { image: `x@${DIGEST}` } } },
    [
      'services.postgres: its Kubernetes name "postgres" is also that of the server: rename one of them',
    ],
  ],
];

describe("a name is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});
