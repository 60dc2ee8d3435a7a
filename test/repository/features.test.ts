import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT } from "./project.ts";

const PAGE = "docs/features.md";

const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");

/** The table's rows: component, what it holds, scenarios, unit tests. */
const ROWS = read(PAGE)
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));

/** Numbers or names of the scenarios of a file, as their titles begin. */
function scenariosOf(file: string): readonly string[] {
  return [...read(file).matchAll(/scenario\(\s*["`]([a-z0-9]+): /g)].map(([, name = ""]) => name);
}

/** A cell such as "37 and 38 in `a.test.ts`, 12 in `b.test.ts`", as file and scenarios. */
function citedIn(cell: string): readonly (readonly [string, readonly string[]])[] {
  return [...cell.matchAll(/([a-z0-9]+(?: and [a-z0-9]+)*) in `([^`]+)`/g)].map(
    ([, names = "", file = ""]) => [file, names.split(" and ")],
  );
}

describe("the table of features", () => {
  test("has rows, each with a component, what it holds, a scenario and a unit test", () => {
    expect(ROWS.length).toBeGreaterThan(30);
    for (const row of ROWS) expect(row, row.join(" | ")).toHaveLength(4);
  });

  test("names components that there are", () => {
    const sources = readdirSync(join(PROJECT, "components"))
      .filter((file) => !file.endsWith(".test.ts"))
      .map((file) => read(`components/${file}`));
    for (const [component = ""] of ROWS) {
      const name = component.replaceAll("`", "");
      expect(
        sources.some((source) => source.includes(`"tidegate:components:${name}"`)),
        name,
      ).toBe(true);
    }
  });

  test("names scenarios that there are, in the files in which they are", () => {
    for (const [, holds = "", shown = ""] of ROWS) {
      const cited = citedIn(shown);
      expect(cited.length, holds).toBeGreaterThan(0);
      for (const [file, names] of cited) {
        expect(file).toMatch(/^test\/e2e\/[\w-]+\.test\.ts$/);
        for (const name of names) expect(scenariosOf(file), `${name} in ${file}`).toContain(name);
      }
    }
  });

  test("names unit tests that there are", () => {
    for (const [, holds = "", , unit = ""] of ROWS) {
      const files = [...unit.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
      expect(files.length, holds).toBeGreaterThan(0);
      for (const file of files) {
        expect(file).toMatch(/\.test\.ts$/);
        expect(existsSync(join(PROJECT, file)), file).toBe(true);
      }
    }
  });

  test("leaves out no file of scenarios of the platform's features", () => {
    const cited = new Set(ROWS.flatMap(([, , shown = ""]) => citedIn(shown).map(([file]) => file)));
    const others = readdirSync(join(PROJECT, "test/e2e"))
      .filter((file) => file.endsWith(".test.ts") && !cited.has(`test/e2e/${file}`))
      .toSorted();
    // What happens to a run, whatever it holds: a process or a server that ends, two at a time.
    expect(others).toEqual(["death.test.ts", "interrupt.test.ts", "side-by-side.test.ts"]);
  });
});
