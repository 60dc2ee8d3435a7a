import { expect, test } from "vitest";
import { mistakes, read } from "../bundle/folder.ts";
import { lint } from "./lint.ts";

const SAY_WHY = `or say why there is no way back, above the first statement:
-- tidegate: allow missing-down because …`;

test.each<[format: string, file: string, text: string, safe: string]>([
  ["plain SQL", "001_a.sql", "select 1;", `-- write 001_a.down.sql, ${SAY_WHY}`],
  [
    "a file of the contract phase",
    "001_a.contract.sql",
    "select 1;",
    `-- write 001_a.down.sql, ${SAY_WHY}`,
  ],
  [
    "dbmate",
    "001_a.sql",
    "-- migrate:up transaction:false\nselect 1;\n",
    `-- write it below a line "-- migrate:down" at the end of this file, ${SAY_WHY}`,
  ],
  [
    "goose",
    "001_a.sql",
    "-- +goose Up\nselect 1;\n-- +goose Down\n",
    `-- write it below a line "-- +goose Down" at the end of this file, ${SAY_WHY}`,
  ],
  [
    "TypeScript",
    "001_a.ts",
    "export const up = () => {};",
    `// export a function "down", or say why there is no way back:
// tidegate: allow missing-down because …`,
  ],
])("a missing way down is advised as %s has it", async (_, file, text, safe) => {
  const { findings } = await lint({ [file]: text });
  expect(findings).toMatchObject([{ rule: "missing-down", safe }]);
});

test("what is advised is taken, and a file beside is not in dbmate's folders", async () => {
  const dbmate = "-- migrate:up\nselect 1;\n";
  expect(await read({ "001_a.sql": `${dbmate}-- migrate:down\nselect 2;\n` })).toMatchObject([
    { down: { kind: "sql" } },
  ]);
  expect(await mistakes({ "001_a.sql": dbmate, "001_a.down.sql": "select 2;" })).toHaveLength(1);
  expect(
    (
      await lint({
        "001_a.sql": `-- migrate:up\n-- tidegate: allow missing-down because x\nselect 1;\n`,
      })
    ).findings,
  ).toEqual([]);
});
