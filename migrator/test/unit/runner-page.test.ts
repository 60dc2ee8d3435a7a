import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { COMMAND_NAMES } from "../../src/cli/program.ts";
import { ENV, EXIT } from "../../src/contract.ts";

const PAGE = readFileSync(new URL("../../../docs/runner.md", import.meta.url), "utf8");

/** The first cells of a table of the page, by its heading. */
function firstCells(heading: string): readonly string[] {
  const [, rows = ""] =
    new RegExp(`\\| ${heading} \\|.*\\n\\| --- .*\\n((?:\\|.*\\n)+)`).exec(PAGE) ?? [];
  return rows.split("\n").flatMap((row) => /^\| (.*?) \|/.exec(row)?.[1] ?? []);
}

describe("docs/runner.md", () => {
  test("has a row for every command, and for no other", () => {
    const named = firstCells("command").map((cell) => /^`([a-z]+)/.exec(cell)?.[1] ?? cell);
    expect(named.toSorted()).toEqual(COMMAND_NAMES.toSorted());
  });

  test("has a row for every exit code", () => {
    expect(firstCells("exit code")).toEqual(Object.values(EXIT).map(String));
  });

  test("names the variables that the runner reads", () => {
    const named = [
      ENV.migrationsDir,
      ENV.terminationMessagePath,
      ENV.gitCommit,
      ENV.podName,
      ENV.tlsServerName,
    ];
    expect(named.filter((name) => !PAGE.includes(name))).toEqual([]);
  });

  // A refusal's way out is its message's; the page must know what each is about.
  test.each([
    "changed after it was applied",
    "file is gone",
    "out of order",
    "jump over a pending contract migration",
    "before older expand migrations",
    "ahead of the folder",
    "without a way down",
    "way down was changed",
    "loses data",
    "half done",
    "past a baseline",
    "`baseline` on a history that holds something",
    "others than the owner may write the history",
    "written by a newer runner",
    "pooler",
    "gives up the migration lock",
    "standby",
    "older than 15",
    "scratch database",
    "dirty, failed or locked",
    "two files with one number",
  ])("names the refusal: %s", (text) => {
    expect(PAGE).toContain(text);
  });
});
