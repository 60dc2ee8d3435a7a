import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import {
  bundleDigest,
  BundleError,
  bundleFolder,
  toDeliveredFiles,
  type MigrationBundle,
} from "../../../src/bundle/index.ts";
import { mistakes, withFolder } from "./folder.ts";

const FILES = {
  "001_a.sql": "\uFEFF-- tidegate:no-transaction\r\nselect 'ä';\r\nselect 2",
  "rollback/001_rollback.sql": "select 3;",
  "002_b.ts":
    "import { x } from './lib.ts';\nexport function up() { return x; }\nexport function down() {}",
  "lib.ts": "export const x = `\u2028\r\r\n`;",
  "003_c.up.sql": "-- tidegate:phase contract\nselect 1;\r\r\n",
  "README.md": "",
};

async function bundle(files: Record<string, string> = FILES): Promise<MigrationBundle> {
  return await withFolder(files, bundleFolder);
}

async function delivered(): Promise<Record<string, string>> {
  return toDeliveredFiles(await bundle());
}

test("delivers SQL as it is, TypeScript compiled, and a manifest with everything else", async () => {
  const files = await delivered();
  expect(Object.keys(files)).toEqual([
    "001_a.sql",
    "002_b.cjs",
    "003_c.up.sql",
    "manifest.json",
    "rollback/001_rollback.sql",
  ]);
  expect(files["001_a.sql"]).toBe("-- tidegate:no-transaction\nselect 'ä';\nselect 2");
  const manifest = JSON.parse(files["manifest.json"] ?? "") as Record<string, unknown>;
  const hash = (file: string): string =>
    createHash("sha256")
      .update(files[file] ?? "")
      .digest("hex");
  expect(manifest["format"]).toBe(1);
  expect(manifest["files"]).toEqual({
    "001_a.sql": hash("001_a.sql"),
    "002_b.cjs": hash("002_b.cjs"),
    "003_c.up.sql": hash("003_c.up.sql"),
    "rollback/001_rollback.sql": hash("rollback/001_rollback.sql"),
  });
  expect((manifest["migrations"] as unknown[])[0]).toEqual({
    name: "001_a",
    kind: "sql",
    phase: "expand",
    transaction: false,
    checksum: `sql1:${hash("001_a.sql")}`,
    file: "001_a.sql",
    delivered: "001_a.sql",
    statements: [
      [27, 37, 2],
      [39, 47, 3],
    ],
    down: {
      kind: "sql",
      file: "rollback/001_rollback.sql",
      delivered: "rollback/001_rollback.sql",
      checksum: `sql1:${hash("rollback/001_rollback.sql")}`,
    },
  });
});

test("reads an equal bundle from what was delivered, without the compiler", async () => {
  const source = await bundle();
  const files = toDeliveredFiles(source);
  vi.doMock("esbuild", () => {
    throw new Error("the compiler was loaded");
  });
  try {
    const again = await bundle(files);
    expect(again).toEqual(source);
    expect(toDeliveredFiles(again)).toEqual(files);
    expect(bundleDigest(again)).toBe(bundleDigest(source));
  } finally {
    vi.doUnmock("esbuild");
  }
});

test("delivers one phase where one is asked for", async () => {
  const files = toDeliveredFiles(await bundle(), "contract");
  expect(Object.keys(files)).toEqual(["003_c.up.sql", "manifest.json"]);
  expect((await bundle(files)).migrations.map(({ name }) => name)).toEqual(["003_c"]);
});

test("delivers equal texts of equal folders, and gives them one digest", async () => {
  const first = await bundle();
  const second = await bundle(Object.fromEntries(Object.entries(FILES).toReversed()));
  expect(JSON.stringify(toDeliveredFiles(first))).toBe(JSON.stringify(toDeliveredFiles(second)));
  expect(bundleDigest(first)).toBe(bundleDigest(second));
  expect(bundleDigest(first)).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ["a text", { "001_a.sql": "select 4" }],
  ["a phase", { "003_c.up.sql": "-- tidegate:phase expand\nselect 1;\n" }],
  ["an import", { "lib.ts": "export const x = 2;" }],
  ["a way down", { "rollback/001_rollback.sql": "select 5" }],
  ["a name", { "004_d.sql": "select 1" }],
])("gives another digest when %s changes", async (_, change) => {
  expect(bundleDigest(await bundle({ ...FILES, ...change }))).not.toBe(
    bundleDigest(await bundle()),
  );
});

test("refuses a delivered folder in which a file was changed, lost or added", async () => {
  const files = await delivered();
  const { "002_b.cjs": _, ...rest } = files;
  const changed = { ...rest, "001_a.sql": "select 4", "004_d.sql": "select 1" };
  const found = await mistakes(changed);
  const manifest = JSON.parse(files["manifest.json"] ?? "") as { files: Record<string, string> };
  expect(found).toEqual([
    `001_a.sql: it is not what was delivered (SHA-256 ${createHash("sha256").update("select 4").digest("hex")}, manifest.json says ${manifest.files["001_a.sql"]}). ` +
      "Change migrations in the folder that this one was made of, and deliver it again",
    "002_b.cjs: it cannot be read (ENOENT). Give the user who runs this read access to it",
    "004_d.sql: it is not in manifest.json. Put new migrations into the folder that this one was made of, and deliver it again",
  ]);
});

test.each([
  ["{", "it is not JSON. Deliver the folder again"],
  ["[]", "it is missing or of the wrong kind. Deliver the folder again"],
  [
    '{"format":2}',
    "its format is 2, and this version reads format 1. Use the runner that belongs to it, or deliver the folder again",
  ],
  ['{"format":1}', "files is missing or of the wrong kind. Deliver the folder again"],
  [
    '{"format":1,"files":{"a":1}}',
    "files.a is missing or of the wrong kind. Deliver the folder again",
  ],
  [
    '{"format":1,"files":{},"migrations":[{"transaction":true,"down":null,"name":"001_a","kind":"perl"}]}',
    "migrations[0].kind is missing or of the wrong kind. Deliver the folder again",
  ],
])("refuses the manifest %j", async (text, message) => {
  expect(await mistakes({ "manifest.json": text })).toEqual([`manifest.json: ${message}`]);
});

test("refuses a manifest whose migration lies in no delivered file", async () => {
  const files = await delivered();
  const manifest =
    files["manifest.json"]?.replace('"delivered":"001_a.sql"', '"delivered":"../x"') ?? "";
  expect(await mistakes({ ...files, "manifest.json": manifest })).toEqual([
    "manifest.json: it needs ../x, which it does not list under files. Deliver the folder again",
  ]);
});

test("refuses a delivered folder without a migration", async () => {
  const { migrations, ...rest } = await bundle();
  expect(migrations).toHaveLength(3);
  await withFolder(toDeliveredFiles({ ...rest, migrations: [] }), async (dir) => {
    await expect(bundleFolder(dir)).rejects.toThrow(BundleError);
    await expect(bundleFolder(dir)).rejects.toThrow("it holds no migration.");
  });
});
