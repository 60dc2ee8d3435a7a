import { describe, expect, test } from "vitest";
import { BundleError, foreignFolder } from "../../../src/bundle/index.ts";
import type { ForeignTool } from "../../../src/contract.ts";
import { withFolder } from "./folder.ts";

/** What a folder of a tool with these files leads to. */
async function read(tool: ForeignTool | undefined, files: Readonly<Record<string, string>>) {
  return await withFolder(files, (dir) => foreignFolder(dir, tool));
}

/** Why it is refused. */
async function refusal(
  tool: ForeignTool,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  return await withFolder(files, async (dir) => {
    const error: unknown = await foreignFolder(dir, tool).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof BundleError)) throw new Error("it was not refused", { cause: error });
    return error.problems.map(
      ({ file, message }) => `${file.replace(dir, "DIR")}: ${message.replaceAll(dir, "DIR")}`,
    );
  });
}

const journal = (...tags: readonly string[]): string =>
  JSON.stringify({ entries: tags.map((tag, index) => ({ tag, when: 1000 + index })) });

const revision = (id: string, after: string): string =>
  `revision: str = "${id}"\ndown_revision = ${after}\n`;

describe("a folder of another tool", () => {
  test("of Knex lists its files without their suffix, and no declarations, sources or other files", async () => {
    const folder = await read("knex", {
      "2_b.ts": "",
      "1_a.js": "",
      "1_a.d.ts": "",
      "README.md": "",
      "seeds/x.js": "",
    });
    expect(folder.migrations).toEqual(["1_a", "2_b"]);
  });

  test("of Drizzle lists what the journal does, with its times, and leaves the generator's snapshots out", async () => {
    const folder = await read("drizzle", {
      "meta/_journal.json": journal("0000_a", "0001_b"),
      "meta/0000_snapshot.json": "{}",
      "0000_a.sql": "select 1;",
      "0001_b.sql": "select 2;",
    });
    expect(folder.migrations).toEqual(["0000_a", "0001_b"]);
    expect(folder.when).toEqual({ "0000_a": 1000, "0001_b": 1001 });
    expect(Object.keys(folder.files)).toEqual(["0000_a.sql", "0001_b.sql", "meta/_journal.json"]);
  });

  test("of Alembic lists the ancestors of its head, a merge's both sides included", async () => {
    const folder = await read("alembic", {
      "z.py": revision("a", "None"),
      "y.py": revision("b", '"a"'),
      "x.py": revision("c", "'a'"),
      "w.py": revision("d", '("b", "c")'),
      "__init__.py": "",
    });
    expect(folder.migrations).toEqual(["a", "b", "c", "d"]);
    expect(folder.parents).toEqual({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] });
  });

  test("of a tool that is not known lists nothing, and has a digest all the same", async () => {
    const one = await read(undefined, { "001.sql": "select 1;" });
    const two = await read(undefined, { "001.sql": "select 2;" });
    expect(one.migrations).toEqual([]);
    expect(one.digest).not.toBe(two.digest);
  });

  test("has another digest with a new file, and the same with what an interpreter leaves", async () => {
    const files = { "a.py": revision("a", "None") };
    const { digest } = await read("alembic", files);
    expect((await read("alembic", { ...files, "b.py": revision("b", '"a"') })).digest).not.toBe(
      digest,
    );
    const more = { ...files, "__pycache__/a.cpython-313.pyc": "x" };
    expect((await read("alembic", more)).digest).toBe(digest);
  });

  test.each<[string, ForeignTool, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "two heads of Alembic",
      "alembic",
      { "a.py": revision("a", "None"), "b.py": revision("b", '"a"'), "c.py": revision("c", '"a"') },
      [
        'DIR: it has 2 heads (b, c), so that "upgrade head" fails. Join them with alembic merge heads',
      ],
    ],
    [
      "a revision after one that is not there",
      "alembic",
      { "b.py": revision("b", '"a"') },
      ["DIR: no file has revision a, which another comes after"],
    ],
    [
      "a folder of Alembic without a revision",
      "alembic",
      { README: "" },
      ["DIR: it holds no revision of Alembic"],
    ],
    [
      "a folder without a journal",
      "drizzle",
      { "0000_a.sql": "" },
      ["DIR: it has no meta/_journal.json. Name the folder that drizzle-kit generate writes"],
    ],
    [
      "a journal that lists a lost file",
      "drizzle",
      { "meta/_journal.json": journal("0000_a") },
      ["meta/_journal.json: it lists 0000_a, and there is no 0000_a.sql here. Put the file back"],
    ],
    [
      "a folder of Knex without a migration",
      "knex",
      { "a.sql": "" },
      ["DIR: it holds no migration of Knex (.js, .cjs, .mjs or .ts)"],
    ],
  ])("%s is refused", async (_, tool, files, problems) => {
    expect(await refusal(tool, files)).toEqual(problems);
  });

  test("that is not there is refused", async () => {
    await expect(foreignFolder("/no/such/folder", "knex")).rejects.toThrow(
      "it cannot be read (ENOENT). Name a folder that exists",
    );
  });
});
