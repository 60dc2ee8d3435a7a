import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { PROJECT } from "./project.ts";

const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");

/** Who runs the commands of a section with names of their own, and how that reads there. */
const RUN_WITH_OWN_NAMES: Readonly<Record<string, readonly [file: string, text: string]>> = {
  "What was migrated, and when": ["test/e2e/operations.test.ts", '"migration:list"'],
  "Docker alone": ["test/e2e/compose.test.ts", '["run", "compose"'],
  "Another tool migrates a database": [
    "test/e2e/runner-platform.ts",
    "--from=cronjob/shop-rollback",
  ],
};

interface Block {
  readonly language: string;
  readonly text: string;
  /** Headings above it, the nearest last. */
  readonly under: readonly string[];
}

/** The blocks of a page; a fence that is not closed swallows what is behind it. */
function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let headings: string[] = [];
  let open: { readonly language: string; readonly lines: string[] } | undefined;
  for (const line of page.split("\n")) {
    const [, fence] = /^ *```(.*)$/.exec(line) ?? [];
    const [, marks = "", heading = ""] = /^(#{2,3}) (.*)$/.exec(line) ?? [];
    if (fence !== undefined) {
      if (open === undefined) open = { language: fence, lines: [] };
      else {
        blocks.push({ language: open.language, text: open.lines.join("\n"), under: headings });
        open = undefined;
      }
    } else if (open !== undefined) open.lines.push(line);
    else if (heading !== "") headings = [...headings.slice(0, marks.length - 2), heading];
  }
  if (open !== undefined) throw new Error(`a fence is open at the end: ${open.lines.join("\n")}`);
  return blocks;
}

describe("docs/operations.md", () => {
  const blocks = blocksOf(read("docs/operations.md"));
  const scenarios = readdirSync(join(PROJECT, "test/e2e"))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => read(`test/e2e/${file}`))
    .join("\n");

  test("closes every block, so that no heading and no sentence is in one", () => {
    expect(blocks.length).toBeGreaterThan(40);
    for (const { language, text } of blocks) {
      expect(language).toMatch(/^(|sh|text|yaml|sql|ts)$/);
      expect(text).not.toMatch(/^## /m);
    }
  });

  test("has commands that a scenario runs as they stand, or with its own names", () => {
    const commands = blocks.filter(({ language }) => language === "sh");
    expect(commands.length).toBeGreaterThan(8);
    for (const { under } of commands) {
      const asTheyStand = under.some((heading) =>
        new RegExp(`runRunbook\\([^)]*"${heading}"`).test(scenarios),
      );
      const [file, text] = RUN_WITH_OWN_NAMES[under.at(-1) ?? ""] ?? [];
      const otherwise = file !== undefined && text !== undefined && read(file).includes(text);
      expect(asTheyStand || otherwise, under.join(" > ")).toBe(true);
    }
  });

  test("has YAML that can be read", () => {
    const yaml = blocks.filter(({ language }) => language === "yaml");
    for (const { text, under } of yaml) {
      const errors = parseAllDocuments(text).flatMap((document) => document.errors);
      expect(errors, under.join(" > ")).toEqual([]);
    }
  });

  test("leads to sections that there are", () => {
    const page = read("docs/operations.md");
    const anchors = [...page.matchAll(/^#{2,3} (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    const linked = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = ""]) => anchor);
    expect(linked.length).toBeGreaterThan(10);
    expect(linked.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});
