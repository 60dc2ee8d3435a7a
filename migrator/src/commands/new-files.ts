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
 * that `check` complains of what is written into them and not of the template.
 */
export function newFiles(
  name: string,
  kind: "sql" | "ts",
  contract: boolean,
): readonly (readonly [file: string, text: string])[] {
  if (kind === "ts") {
    return [[`${name}.ts`, contract ? `// tidegate:phase contract\n${TYPESCRIPT}` : TYPESCRIPT]];
  }
  const phase = contract ? "-- tidegate:phase contract\n" : "";
  return [
    [`${name}.sql`, `${phase}select 1;\n`],
    [`${name}.down.sql`, "select 1;\n"],
  ];
}
