import { splitSql } from "../../../src/bundle/sql-statements.ts";
import { parseAll, type Parsed } from "../../../src/lint/parser-process.ts";

async function parseTexts(texts: readonly string[]): Promise<readonly Parsed[]> {
  return (await parseAll({ texts, modules: [] })).texts;
}

/** A tree without places: those of a statement differ from those of the same one in a file. */
function shape(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(shape);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => !/(?:location|_len|list_start|list_end)$/.test(key))
      .map(([key, value]) => [key, shape(value)]),
  );
}

/**
 * Where the splitter and the parser differ: each statement of the splitter, parsed alone, is the
 * parser's; what lies between them is no statement; and what the parser takes is no mistake.
 */
export async function differences(
  texts: readonly string[],
): Promise<{ accepted: number; found: string[] }> {
  const whole = await parseTexts(texts);
  const split = texts.map((text) => splitSql(text));
  const slices = texts.flatMap((text, i) =>
    (split[i]?.statements ?? []).map(({ start, end }) => text.slice(start, end)),
  );
  const gaps = texts.map((text, i) => {
    let from = 0;
    const parts: string[] = [];
    for (const { start, end } of split[i]?.statements ?? []) {
      parts.push(text.slice(from, start));
      from = end;
    }
    return [...parts, text.slice(from)].join("\n");
  });
  const parsedSlices = (await parseTexts(slices))[Symbol.iterator]();
  const parsedGaps = await parseTexts(gaps);
  let accepted = 0;
  const found: string[] = [];
  for (const [i, text] of texts.entries()) {
    const { statements = [], mistakes = [] } = split[i] ?? {};
    const alone = statements.map((): Parsed | undefined => parsedSlices.next().value);
    const tree = whole[i];
    if (tree === undefined || "error" in tree) continue;
    accepted += 1;
    const differ = (what: string): void => void found.push(`${what} in ${JSON.stringify(text)}`);
    if (mistakes.length > 0) differ(`a mistake: ${mistakes[0]?.message}`);
    else if (statements.length !== tree.stmts.length) {
      differ(`${statements.length} statements, not ${tree.stmts.length},`);
    } else {
      for (const [n, stmt] of tree.stmts.entries()) {
        const one = alone[n];
        const same =
          one !== undefined &&
          "stmts" in one &&
          JSON.stringify(one.stmts.map((each) => shape(each.stmt))) ===
            JSON.stringify([shape(stmt.stmt)]);
        if (!same) differ(`statement ${n + 1} is another`);
      }
      const gap = parsedGaps[i];
      if (gap === undefined || "error" in gap || gap.stmts.length > 0) {
        differ("more than comments and semicolons between statements");
      }
    }
  }
  return { accepted, found };
}
