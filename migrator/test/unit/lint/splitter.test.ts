import { expect, test } from "vitest";
import { splitSql } from "../../../src/bundle/sql-statements.ts";
import { parseAll } from "../../../src/lint/parser-process.ts";
import { SEEDS } from "./random.ts";
import { differences } from "./splitter-differences.ts";
import { damagedFiles, generatedFiles } from "./splitter-material.ts";

test.each(SEEDS)(
  "the splitter and Postgres agree on generated files (seed %i)",
  async (seed) => {
    const texts = generatedFiles(seed, 3_000);
    const { accepted, found } = await differences(texts);
    expect(found).toEqual([]);
    expect(accepted).toBeGreaterThan(texts.length / 2);
  },
  60_000,
);

test.each(SEEDS)(
  "the splitter and Postgres agree on damaged files that Postgres still takes (seed %i)",
  async (seed) => {
    const { accepted, found } = await differences(damagedFiles(seed, 6_000));
    expect(found).toEqual([]);
    expect(accepted).toBeGreaterThan(100);
  },
  60_000,
);

// What the driver sends is UTF-8, in which half of a pair is one replacement character. The parser's own
// way into WebAssembly took the character behind it along, here the star and the ü.
test.each<[name: string, text: string, accepted: boolean]>([
  [
    "a quote behind halves of a character of two code units, never closed",
    "copy t to stdout;\nupdate t set a = $ü$;'$ü$ where b = a\ud83d*\ude00üb;'",
    false,
  ],
  ["the same with the whole character", "update t set a = 1 where b = a😀*üb;'", false],
  ["half of a character before the end", "select a\ud83d", true],
  ["half of a character in front of a quote", "select 1 as a\ude00; select 'b;'", true],
  ["half of a character in a quote", "select '\ud83d'; select 2", true],
])("the splitter and Postgres agree on %s", async (_name, text, accepted) => {
  expect(await differences([text])).toEqual({ accepted: accepted ? 1 : 0, found: [] });
  expect(splitSql(text).mistakes.length).toBe(accepted ? 0 : 1);
});

test("the parser reads half of a character as the server does: one replacement character", async () => {
  const { texts } = await parseAll({ texts: ["select '\ud83d*'"], modules: [] });
  expect(JSON.stringify(texts)).toContain('"sval":"\ufffd*"');
});
