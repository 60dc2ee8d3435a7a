import { describe, expect, test } from "vitest";
import { changed, problemsIn, type Row } from "../test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "no folder of migrations",
    { databases: { extra: {} } },
    ["databases.extra.migrations: is missing: name the folder of the migrations"],
  ],
  [
    "a folder outside of the project",
    { databases: { auth: { migrations: "../auth" } } },
    [
      'databases.auth.migrations: "../auth" leaves the project: give a path relative to Pulumi.yaml, without ".."',
    ],
  ],
  [
    "a deadline that is no duration",
    { databases: { auth: { deadline: "10 min" } } },
    [
      'databases.auth.deadline: must be a number of seconds, or a string such as "90s", "10m" or "1h"',
    ],
  ],
  [
    "a deadline that leaves the runner no time to report",
    { databases: { auth: { deadline: "59s" } } },
    ["databases.auth.deadline: must be between 1m and 24h, not 59s"],
  ],
  [
    "more tries than the deadline has time for",
    { databases: { auth: { deadline: "5m", retries: 10 } } },
    [
      "databases.auth.retries: 11 tries within the deadline of 5m leave each 13s to wait for the server and for locks, and 25s are the least; lower it to 5, or raise deadline to 550s",
    ],
  ],
  [
    "waits for locks that would take more than half of the deadline",
    { databases: { auth: { deadline: "5m", lockWait: "4m" } } },
    [
      "databases.auth.lockWait: 4m is more than a deadline of 5m allows with 1 try: waits take at most half of it, so that the Job can still say what it waited for; lower it to 2m, or raise deadline to 10m",
    ],
  ],
  [
    "a bound of statements that is no duration",
    { databases: { auth: { statementTimeout: "soon" } } },
    [
      'databases.auth.statementTimeout: must be a number of seconds, or a string such as "90s", "10m" or "1h"',
    ],
  ],
  [
    "a strategy that is not there",
    { databases: { auth: { strategy: "auto" } } },
    [
      'databases.auth.strategy: must be "job", "manual", "initContainer", "startup" or "disabled", not "auto"',
    ],
  ],
  [
    "an extension that is no name",
    { databases: { auth: { extensions: ["pgcrypto; drop"] } } },
    [
      'databases.auth.extensions[0]: "pgcrypto; drop" is no name of an extension: lower-case letters, digits, underscores and hyphens, such as "pgcrypto" or "uuid-ossp"',
    ],
  ],
  [
    "an unknown database to come after",
    { databases: { auth: { after: ["battle"] } } },
    [
      'databases.auth.after[0]: there is no database "battle"; did you mean "battles"? (declared: "auth", "battles")',
    ],
  ],
  [
    "databases that wait for each other",
    { databases: { auth: { after: ["battles"] }, battles: { after: ["auth"] } } },
    [
      'databases.auth.after: goes round in a circle, so that none could be first: auth → battles → auth; take one "after" out',
    ],
  ],
  [
    "a variable that the Job sets itself",
    { databases: { auth: { env: { PGHOST: "elsewhere", MIGRATIONS_DIR: "/x" } } } },
    [
      "databases.auth.env.PGHOST: is set by the Job itself; a second value would lead the migration elsewhere: take it out",
      "databases.auth.env.MIGRATIONS_DIR: is set by the Job itself; a second value would lead the migration elsewhere: take it out",
    ],
  ],
];

describe("a mistake in a database is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});
