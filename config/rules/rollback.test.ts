import { describe, expect, test } from "vitest";
import { parsePlatform } from "../parse.ts";
import { pinOf } from "../pin.ts";
import { AUTH_MIGRATIONS, changed, CONTEXT, problemsIn, type Row } from "../test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "a database that nobody declared",
    { rollback: { database: "aut", to: "001_accounts" } },
    [
      'rollback.database: there is no database "aut"; did you mean "auth"? (declared: "auth", "battles")',
    ],
  ],
  [
    "a version that the folder never had",
    { rollback: { database: "auth", to: "002_mail" } },
    [
      'rollback.to: "002_mail" is not among the migrations of auth; did you mean "002_email"? (they are 001_accounts to 010_index; "0" undoes all, last-batch what the last run applied)',
    ],
  ],
  [
    "a number that the folder skipped",
    { rollback: { database: "auth", to: "007" } },
    [
      'rollback.to: "007" is not among the migrations of auth (they are 001_accounts to 010_index; "0" undoes all, last-batch what the last run applied)',
    ],
  ],
  [
    "what is no version",
    { rollback: { database: "auth", to: "lastbatch" } },
    [
      'rollback.to: "lastbatch" is not among the migrations of auth; did you mean "last-batch"? (they are 001_accounts to 010_index; "0" undoes all, last-batch what the last run applied)',
    ],
  ],
  [
    "a number that YAML has read, in which zeros are lost",
    { rollback: { database: "auth", to: 2 } },
    ['rollback.to: must be text: put it in quotes, "2" with the zeros that it begins with'],
  ],
  [
    "a delay that is none",
    { rollback: { database: "auth", to: "001_accounts", delaySeconds: -1 } },
    ["rollback.delaySeconds: must be a whole number of seconds from 0 to 3600"],
  ],
  [
    "a key that is not there, and a missing one",
    { rollback: { database: "auth", dataLoss: true } },
    [
      "rollback.to: is missing",
      "rollback.dataLoss: there is no such key; allowed here: database, to, allowDataLoss, delaySeconds, scaleDown",
    ],
  ],
  [
    "a version below what a service needs",
    {
      rollback: { database: "auth", to: "001_accounts" },
      services: { api: { schema: { min: "002_email" } } },
    },
    [
      'rollback.to: "001_accounts" undoes "002_email", which service "api" needs (schema.min): name the image of it that lives without',
    ],
  ],
];

describe("a rollback that cannot be is refused before anything changes", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change)).toSorted()).toEqual([...problems].toSorted());
  });
});

test.each([
  ["a name", "002_email"],
  ["a number", "2"],
  ["a number with zeros", "002"],
  ["all", "0"],
  ["the last batch", "last-batch"],
  ["a version newer than this folder, which only the history knows", "011_later"],
])("%s is a target", (_, to) => {
  expect(problemsIn(changed({ rollback: { database: "auth", to } }))).toEqual([]);
});

test.each([
  ["a name", "002_email", { keeps: ["001_accounts", "002_email"] }],
  ["a number", "2", { keeps: ["001_accounts", "002_email"] }],
  ["0", "0", { keeps: [] }],
  ["a version newer than the folder", "011_later", { keeps: AUTH_MIGRATIONS }],
  ["the last batch, of which only the database knows", "last-batch", {}],
])("the folder ends at %s", (_, to, pin) => {
  expect(pinOf({ to }, AUTH_MIGRATIONS)).toEqual(pin);
});

test("an older image may say that it survives no more than the target", () => {
  const change = changed({
    rollback: { database: "auth", to: "002_email" },
    services: { api: { schema: { min: "001_accounts", max: "002_email" } } },
  });
  expect(problemsIn(change)).toEqual([]);
});

test("the pin and the defaults stand in the description, and being ahead is never refused meanwhile", () => {
  const raw = changed({
    databases: { auth: { ahead: "refuse" } },
    rollback: { database: "auth", to: "2" },
  });
  const parsed = parsePlatform([{ source: "Pulumi.dev.yaml", value: raw }], CONTEXT);
  expect("spec" in parsed && parsed.spec.rollback).toEqual({
    database: "auth",
    to: "2",
    allowDataLoss: false,
    delaySeconds: 10,
    scaleDown: false,
  });
  const databases = "spec" in parsed ? parsed.spec.databases : [];
  expect(databases.map(({ name, pinned, ahead }) => [name, pinned, ahead])).toEqual([
    ["auth", { keeps: ["001_accounts", "002_email"] }, "notice"],
    ["battles", undefined, "notice"],
  ]);
});
