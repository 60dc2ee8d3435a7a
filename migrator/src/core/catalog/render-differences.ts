import type { CatalogDifference } from "./compare-catalogs.ts";

/** Longer bodies are shown whole instead of compared by lines: the comparison takes their product. */
const MOST_LINES = 2_000;

/** Differences for people: what only the first has behind a `-`, what only the second has behind a `+`. */
export function renderDifferences(differences: readonly CatalogDifference[]): readonly string[] {
  return differences.flatMap(({ object, left, right }) => {
    if (left?.includes("\n") === true || right?.includes("\n") === true) {
      return body(object, left ?? "", right ?? "");
    }
    const line = (sign: string, text: string | null): readonly string[] =>
      text === null ? [] : [`${sign} ${object}${text === "" ? "" : `: ${text}`}`];
    return [...line("-", left), ...line("+", right)];
  });
}

/** A function or view whose text differs: the lines that do. */
function body(object: string, left: string, right: string): readonly string[] {
  const [one, other] = [left, right].map((text) => (text === "" ? [] : text.trimEnd().split("\n")));
  const lines = changedLines(one ?? [], other ?? []);
  return [`~ ${object}:`, ...lines.map((line) => `  ${line}`)];
}

function changedLines(left: readonly string[], right: readonly string[]): readonly string[] {
  if (left.length * right.length > MOST_LINES * MOST_LINES) {
    return [...left.map((line) => `- ${line}`), ...right.map((line) => `+ ${line}`)];
  }
  // Length of the longest common subsequence of what is left of both, by where that begins.
  const common = Array.from({ length: left.length + 1 }, () =>
    Array.from({ length: right.length + 1 }, () => 0),
  );
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1) {
    const row = common[i];
    if (row === undefined) continue;
    for (let j = right.length - 1; j >= 0; j -= 1) {
      row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      i += 1;
      j += 1;
    } else if (i < left.length && (j >= right.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${left[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${right[j]}`);
      j += 1;
    }
  }
  return lines;
}
