import type { FolderFormat } from "../bundle/folder-format.ts";

const TYPESCRIPT = `import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`select 1\`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql\`select 1\`.execute(db);
}
`;

/** Both ways of one file, as the tool's own command writes them. */
const ANNOTATED = {
  dbmate: "-- migrate:up\nselect 1;\n\n-- migrate:down\nselect 1;\n",
  goose: "-- +goose Up\nselect 1;\n\n-- +goose Down\nselect 1;\n",
};

/**
 * The files of a new migration with their text. They do nothing yet and are valid as they stand, so
 * that `check` complains of what is written into them and not of the template. The name says the phase:
 * it is seen in every listing.
 *
 * @param format that the folder is written in
 */
export function newFiles(
  name: string,
  kind: "sql" | "ts",
  contract: boolean,
  format: Exclude<FolderFormat, "drizzle">,
): readonly (readonly [file: string, text: string])[] {
  const suffix = contract ? ".contract" : "";
  if (kind === "ts") return [[`${name}${suffix}.ts`, TYPESCRIPT]];
  if (format !== "plain") return [[`${name}${suffix}.sql`, ANNOTATED[format]]];
  return [
    [`${name}${suffix}.sql`, "select 1;\n"],
    [`${name}${suffix}.down.sql`, "select 1;\n"],
  ];
}
