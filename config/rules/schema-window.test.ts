import { describe, expect, test } from "vitest";
import { changed, problemsIn, type Row } from "../test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "a minimum that is not among the migrations",
    { services: { api: { schema: { min: "002_emial" } } } },
    [
      'services.api.schema.min: "002_emial" is not among the migrations of auth, so that the service would wait for ever; did you mean "002_email"? (newest: 010_index)',
    ],
  ],
  [
    "a maximum that this deploy passes",
    { services: { api: { schema: { max: "002_email" } } } },
    [
      'services.api.schema.max: this deploy brings auth to "010_index", past "002_email": deploy an image of the service that survives it, or hold the migration back',
    ],
  ],
  [
    "a window without a database's name for a service with two",
    { services: { api: { databases: { battles: "readonly" }, schema: { min: "002_email" } } } },
    [
      "services.api.schema: must say which database it means, as the service uses 2: { auth: { min, max } }",
    ],
  ],
  [
    "a window of a database that the service does not use",
    { services: { api: { schema: { battles: { min: "001_battles" } } } } },
    ['services.api.schema.battles: the service does not use a database "battles" (it uses: auth)'],
  ],
  [
    "a window of one of several databases",
    {
      services: {
        api: { databases: { battles: "readonly" }, schema: { auth: { min: "999_nothing" } } },
      },
    },
    [
      'services.api.schema.auth.min: "999_nothing" is not among the migrations of auth, so that the service would wait for ever (newest: 010_index)',
    ],
  ],
  [
    "a window with an unknown key",
    { services: { api: { schema: { mni: "002_email" } } } },
    ["services.api.schema.mni: there is no such key; allowed here: min, max"],
  ],
];

describe("a window that this deploy would leave is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});
