import { expect, test } from "vitest";

import { bundleFolder } from "../../../src/bundle/index.ts";
import { mistakes, withFolder } from "./folder.ts";

test.each<
  [
    name: string,
    files: Record<string, string>,
    found: readonly (readonly [string, string | undefined])[],
  ]
>([
  [
    "beside its migration, whatever it is called",
    {
      "0013_add.sql": "select 1;",
      "0013_rollback.sql": "select 2;",
      "0045_x.ts": "export async function up() {}",
      "0045_rollback_x.sql": "select 3;",
    },
    [
      ["0013_add", "0013_rollback.sql"],
      ["0045_x", "0045_rollback_x.sql"],
    ],
  ],
  [
    "in rollback/",
    { "0013_add.sql": "select 1;", "rollback/0013_rollback.sql": "select 2;" },
    [["0013_add", "rollback/0013_rollback.sql"]],
  ],
  [
    "a migration where its number is its own",
    { "0013_add.sql": "select 1;", "0014_rollback_prices.sql": "select 2;" },
    [
      ["0013_add", undefined],
      ["0014_rollback_prices", undefined],
    ],
  ],
])("a rollback file is %s", async (_name, files, found) => {
  const { migrations } = await withFolder(files, bundleFolder);
  expect(migrations.map(({ name, down }) => [name, down?.file])).toEqual(found);
});

test.each<[name: string, files: Record<string, string>, message: RegExp]>([
  [
    "two ways down of one migration",
    {
      "0013_add.sql": "select 1;",
      "0013_rollback.sql": "select 2;",
      "0013_add.down.sql": "select 3;",
    },
    /is a way down of 0013_add\.sql too/,
  ],
  [
    "one that states an order",
    { "0013_add.sql": "select 1;", "0013_rollback_y.sql": "-- tidegate:after 0013_add\nselect 2;" },
    /its name says that it is the way down of the migration with its number/,
  ],
])("%s is refused", async (_name, files, message) => {
  expect((await mistakes(files)).join("\n")).toMatch(message);
});
