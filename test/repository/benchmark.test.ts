import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT } from "./project.ts";

const PAGE = readFileSync(join(PROJECT, "docs/benchmark.md"), "utf8");

/** The cells of a runner's row in the first table, without its name. */
function rowOf(name: string, page: string): readonly string[] | null {
  const [table = ""] = page.split("Floors, for what starts");
  const line = table.split("\n").find((each) => each.startsWith(`| ${name} |`));
  if (line === undefined) return null;
  return line
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
}

/** CPU, wall and memory. */
const THREE = /^[\d,]+ \/ [\d,]+ \/ [\d,]+$/;

test("a row that says why it was not measured has no figures", () => {
  const page = "| dbmate | not measured: it is not here | | | | | | |\n";
  expect(rowOf("dbmate", page)?.[0]).not.toMatch(THREE);
  expect(rowOf("knex", page)).toBeNull();
});

describe("docs/benchmark.md", () => {
  test.each([
    "Tidegate",
    "goose",
    "golang-migrate",
    "dbmate",
    "node-pg-migrate",
    "knex",
    "kysely-ctl",
  ])("the benchmark has figures of %s in every column", (name) => {
    const [noop, wide, small, large, network, ten, size] = rowOf(name, PAGE) ?? [];
    expect({ noop, wide, small, large, network, ten, size }).toEqual({
      noop: expect.stringMatching(THREE),
      wide: expect.stringMatching(/^[\d,]+$/),
      small: expect.stringMatching(THREE),
      large: expect.stringMatching(THREE),
      network: expect.stringMatching(/^[\d,]+$/),
      ten: expect.stringMatching(/^\d+ succeed.*; [\d,]+ ms$/),
      size: expect.stringMatching(/^\d+\.\d+$/),
    });
  });

  test("the benchmark has psql as its floor", () => {
    const [, , small, large, network] = rowOf("psql", PAGE) ?? [];
    expect([small, large, network]).toEqual([
      expect.stringMatching(THREE),
      expect.stringMatching(THREE),
      expect.stringMatching(/^[\d,]+$/),
    ]);
  });

  test("the benchmark names its machine and the versions", () => {
    for (const what of ["machine", "system", "Node of all rows in JavaScript", "Postgres"]) {
      expect(PAGE).toMatch(new RegExp(String.raw`\| ${what} \| \S.*\d.* \|`));
    }
    expect(PAGE).toMatch(/\| goose \| \d+\.\d+\.\d+ \|/);
  });
});

test("the README's figures are those of the page", () => {
  const readme = readFileSync(join(PROJECT, "README.md"), "utf8").replaceAll(/\s+/g, " ");
  const [noop = "", , , , network] = rowOf("Tidegate", PAGE) ?? [];
  const [cpu, , memory] = noop.split(" / ");
  const [peer = "", , , , peersNetwork] = rowOf("node-pg-migrate", PAGE) ?? [];
  const [, floor] = /^\| Node with a bundled .* \| ([\d,]+) \/ /m.exec(PAGE) ?? [];
  expect(readme).toContain(
    `takes ${cpu} ms of CPU and ${memory} MB, where Node with a driver and \`select 1\` takes ${floor} ms and the next runner in JavaScript ${peer.split(" / ")[0]} ms; 200 migrations over a network of 4.5 ms take ${network} ms, the next one's ${peersNetwork} ms;`,
  );
});
