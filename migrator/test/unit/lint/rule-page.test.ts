import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MARK, rulePage } from "../../../src/lint/rule-page.ts";

test("docs/lint.md lists the rules as they are (npx tsx migrator/src/lint/write-page.ts writes it)", () => {
  const page = readFileSync(new URL("../../../../docs/lint.md", import.meta.url), "utf8");
  expect(page.slice(page.indexOf(MARK))).toBe(`${MARK}\n${rulePage()}`);
});
