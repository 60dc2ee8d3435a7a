const TYPESCRIPT = `import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`select 1\`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql\`select 1\`.execute(db);
}
`;

/**
 * The files of a new migration with their text. They do nothing yet and are valid as they stand, so
 * that `check` complains of what is written into them and not of the template. The name says the phase:
 * it is seen in every listing.
 */
export function newFiles(
  name: string,
  kind: "sql" | "ts",
  contract: boolean,
): readonly (readonly [file: string, text: string])[] {
  const suffix = contract ? ".contract" : "";
  if (kind === "ts") return [[`${name}${suffix}.ts`, TYPESCRIPT]];
  return [
    [`${name}${suffix}.sql`, "select 1;\n"],
    [`${name}${suffix}.down.sql`, "select 1;\n"],
  ];
}
