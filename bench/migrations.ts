import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Migration } from "./runner.ts";

/** `count` migrations of one table and one index each. */
export function makeMigrations(count: number): readonly Migration[] {
  const width = String(count).length + 1;
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(width, "0");
    const table = `bench_${number}`;
    return {
      number,
      table,
      up: [
        `create table ${table} (id bigint generated always as identity primary key, name text not null, created timestamptz not null default now())`,
        `create index ${table}_name on ${table} (name)`,
      ],
      down: `drop table ${table}`,
    };
  });
}

/** The statements as a file holds them. */
export function sqlOf(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join("");
}

/** Writes files by name; a bench writes thousands, so not one after the other. */
export async function writeAll(
  folder: string,
  files: Iterable<readonly [name: string, text: string]>,
): Promise<void> {
  await Promise.all([...files].map(([name, text]) => writeFile(join(folder, name), text)));
}
