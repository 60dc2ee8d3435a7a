import { createHash } from "node:crypto";
import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleFolder } from "../../../src/bundle/index.ts";
import { mistakes, read, withFolder } from "./folder.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const MIGRATION = `import { sql, type Kysely } from "kysely";
import type { Database } from "../types.ts";
import { Pool } from "pg";
import { randomUUID } from "node:crypto";

export async function up(db: Kysely<Database>, _pool?: Pool): Promise<void> {
  await sql\`create table größe (id text default \${sql.lit(randomUUID())})\`.execute(db);
}

export const down = async (db: Kysely<Database>): Promise<void> => {
  await sql\`drop table größe\`.execute(db);
};
`;

test("compiles a migration to readable CommonJS that needs Kysely and Node's modules only", async () => {
  const [migration] = await read({ "001_a.ts": MIGRATION });
  expect(migration).toMatchObject({
    name: "001_a",
    kind: "typescript",
    phase: "expand",
    transaction: true,
    file: "001_a.ts",
    checksum: `ts1:${sha256(MIGRATION)}`,
    statements: [],
    down: {
      kind: "typescript",
      file: "001_a.ts",
      text: migration?.up,
      checksum: migration?.checksum,
    },
  });
  expect(migration?.up).toContain("await import_kysely.sql`create table größe (id text default ");
  expect(migration?.up.match(/require\("[^"]+"\)/g)).toEqual([
    'require("kysely")',
    'require("node:crypto")',
  ]);
});

test.each([
  ["an ES module", "001_a.js", "export const up = async () => {};", false],
  [
    "an ES module with both",
    "001_a.mjs",
    "function up() {} function down() {} export { up, down };",
    true,
  ],
  ["a module that passes on", "001_a.mts", 'export * from "./_parts.ts";', true],
  [
    "what tsc writes",
    "001_a.js",
    '"use strict";\nexports.up = exports.down = void 0;\nexports.up = up;\nexports.down = down;\nfunction up() {}\nfunction down() {}',
    true,
  ],
  [
    "CommonJS",
    "001_a.cjs",
    "module.exports = { up, down: back };\nfunction up() {}\nfunction back() {}",
    true,
  ],
  ["CommonJS by name", "001_a.cts", "module.exports.up = async () => {};", false],
])("sees the functions of %s", async (_, file, text, hasDown) => {
  const parts = { "_parts.ts": "export function up() {}\nexport function down() {}" };
  const [migration] = await read({ [file]: text, ...(text.includes("_parts") ? parts : {}) });
  expect(migration?.down !== null).toBe(hasDown);
});

const FOLDER = {
  "m/001_a.ts": `import { table } from "./lib/names.js";
import rows from "./lib/rows.json" with { type: "json" };
import { shared } from "../shared";
export const up = () => [table, rows, shared];
export const later = () => import("kysely");`,
  "m/lib/names.ts": 'export const table: string = "a";',
  "m/lib/rows.json": '{ "rows": [1] }',
  "shared/index.ts": "export const shared = 1 as const;",
};

async function readFolder(files: Record<string, string>) {
  return await withFolder(files, async (dir) => await bundleFolder(join(dir, "m")));
}

test("takes relative imports into the module, and their text and names into the checksum", async () => {
  const { migrations } = await readFolder(FOLDER);
  const [migration] = migrations;
  expect(migration?.up).toContain('var table = "a"');
  expect(migration?.up).toContain("rows: [1]");
  expect(migration?.up).not.toMatch(/[^.]import\(/);
  const covered = [
    FOLDER["m/001_a.ts"],
    "../shared/index.ts",
    FOLDER["shared/index.ts"],
    "lib/names.ts",
    FOLDER["m/lib/names.ts"],
    "lib/rows.json",
    FOLDER["m/lib/rows.json"],
  ];
  expect(migration?.checksum).toBe(`ts1:${sha256(covered.join("\0"))}`);
});

test("gives one bundle wherever the folder lies and whatever lies around it", async () => {
  const settings = {
    "tsconfig.json": '{ "compilerOptions": { "target": "es5", "paths": { "*": ["nowhere/*"] } } }',
    "package.json": '{ "type": "module", "sideEffects": false }',
  };
  const plain = await readFolder(FOLDER);
  const elsewhere = await withFolder(
    Object.fromEntries(
      Object.entries({ ...FOLDER, ...settings }).map(([file, text]) => [`deep/er/${file}`, text]),
    ),
    async (dir) => {
      await symlink("deep/er", join(dir, "link"));
      return await bundleFolder(join(dir, "link/m"));
    },
  );
  expect(elsewhere).toEqual(plain);
  expect(JSON.stringify(plain)).not.toContain(tmpdir());
});

test("compiles a migration the same whatever lies beside it", async () => {
  const alone = await read({ "001_a.ts": MIGRATION });
  const both = await read({
    "001_a.ts": MIGRATION,
    "002_b.cjs": 'exports.up = () => require("./001_a.ts");',
  });
  expect(both[0]).toEqual(alone[0]);
});

const up = "export function up() {}";

test.each<[string, Record<string, string>, string[]]>([
  [
    "a package",
    { "001_a.ts": `${up}\nimport { Pool } from "pg";\nexport const pool = () => new Pool();` },
    [
      '001_a.ts:2: it imports "pg". Allowed are relative files, "kysely", "kysely/helpers/postgres", "kysely/migration", "kysely/readonly" and Node\'s own modules, ' +
        "as nothing else is installed where migrations run. Copy what it needs into a relative file, or import its types only (import type)",
    ],
  ],
  [
    "a package in a file that two migrations import, once",
    {
      "001_a.ts": 'export * from "./lib.ts";',
      "002_b.ts": 'export * from "./lib.ts";',
      "lib.ts": `${up}\nimport "kysely/helpers/mysql";`,
    },
    [
      'lib.ts:2: it imports "kysely/helpers/mysql". Allowed are relative files, "kysely", "kysely/helpers/postgres", "kysely/migration", "kysely/readonly" and Node\'s own modules, ' +
        "as nothing else is installed where migrations run. Copy what it needs into a relative file, or import its types only (import type)",
    ],
  ],
  [
    "a missing file",
    { "001_a.ts": `${up}\n\nimport "./none.ts";` },
    ['001_a.ts:3: it imports "./none.ts", and there is no such file'],
  ],
  [
    "a file that is no code",
    { "001_a.ts": `${up}\nimport "./a.css";`, ".a.css": "", "a.css": "" },
    [
      '001_a.ts:2: it imports "./a.css", which cannot be compiled. Allowed are .ts, .mts, .cts, .js, .mjs, .cjs, .json',
    ],
  ],
  [
    "import.meta",
    { "001_a.ts": `${up}\nexport const here = import.meta.url;` },
    [
      "001_a.ts:2: import.meta is not available: a migration is compiled to a script. Import what it needs from a relative file",
    ],
  ],
  [
    "await outside a function",
    { "001_a.ts": `${up}\nawait up();` },
    [
      "001_a.ts:2: await outside a function is not available: a migration is compiled to a script. Move it into up or down",
    ],
  ],
  [
    "a path of its own file",
    { "001_a.ts": `${up}\nexport const here = __dirname;` },
    [
      "001_a.ts:2: __dirname is not available: the compiled migration is delivered alone, without the files around it. Import what it needs from a relative .ts or .json file",
    ],
  ],
  [
    "no up",
    { "001_a.ts": "export default { async up() {} };" },
    [
      "001_a.ts: it exports no function up. Write export async function up(db) { … }, and down(db) beside it where there is a way back",
    ],
  ],
  [
    "an error of syntax in a file that it imports",
    { "001_a.ts": 'export * from "./lib/a.ts";', "lib/a.ts": "\nlet 1" },
    ['lib/a.ts:2: it cannot be compiled: Expected ";" but found "1"'],
  ],
])("refuses %s", async (_, files, expected) => {
  const found = await mistakes(files);
  expect(found.filter((mistake) => !mistake.startsWith("a.css"))).toEqual(expected);
});
