import { describe, expect, test } from "vitest";
import { parseDockerIgnore } from "./docker-ignore.ts";

/** Patterns, what they leave out, what they keep. */
const ROWS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    "node_modules",
    ["node_modules", "node_modules/a/b.js"],
    ["src/node_modules", "node_modules.md"],
  ],
  ["/dist/", ["dist", "dist/x"], ["src/dist"]],
  ["*.md", ["README.md"], ["docs/README.md", "README.mdx"]],
  ["**/*.md", ["README.md", "docs/a/README.md"], ["README.mdx"]],
  ["**/node_modules", ["node_modules/x", "a/b/node_modules/x"], ["a/my_node_modules/x"]],
  ["**b", ["b", "ab", "x/ab", "x/ab/c"], ["ba"]],
  ["docs/**", ["docs/a", "docs/a/b"], ["docs2/a"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/x/b/c"], ["a/xb", "b"]],
  ["temp?", ["tempa", "temp1/x"], ["temp", "tempab"]],
  ["*/temp*", ["a/temp", "a/temporary.txt"], ["temp", "a/b/temp"]],
  ["*\n!dist/server.cjs", ["Dockerfile", "src/a.ts", "dist/other"], ["dist/server.cjs"]],
  [
    "*.md\n!README*.md\nREADME-secret.md",
    ["a.md", "README-secret.md"],
    ["README.md", "README-x.md"],
  ],
  ["# a comment\n\n  .git  \n", [".git/HEAD"], [".gitignore", "# a comment"]],
  ["./a/../b", ["b"], ["a"]],
  ["a\\*b", ["a*b"], ["axb"]],
  ["a.b", ["a.b"], ["axb"]],
  ["\uFEFFdist", ["dist"], []],
  [".", [], ["a"]],
  ["dist\r\nsrc\r\n", ["dist/x", "src"], ["a"]],
];

describe("an ignore file leaves out what Docker leaves out", () => {
  test.each(ROWS)("%j", (text, left, kept) => {
    const ignored = parseDockerIgnore(text);
    expect(left.filter((path) => !ignored(path))).toEqual([]);
    expect(kept.filter((path) => ignored(path))).toEqual([]);
  });
});

describe("a line that would be understood differently is refused with its number", () => {
  test.each([
    [
      "dist\n[a-c].md",
      'line 2: "[a-c].md" has a character class, which is not understood here: write one line for each name',
    ],
    ["!", 'line 1: "!" names nothing'],
    ["!/", 'line 1: "!/" names nothing'],
    ["dist\\", 'line 1: "dist\\" ends with a lone backslash'],
  ])("%j", (text, message) => {
    expect(() => parseDockerIgnore(text)).toThrow(new Error(message));
  });
});
