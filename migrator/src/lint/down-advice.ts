import { annotationOf } from "../bundle/annotated-sql.ts";
import { splitSql } from "../bundle/sql-statements.ts";
import type { BundledMigration } from "../bundle/types.ts";

/** Where dbmate and goose keep the way down: a `.down.sql` beside would be a mixture of formats. */
const MARKS = { dbmate: "-- migrate:down", goose: "-- +goose Down" };

/**
 * How a migration gets a way down, in the format that its folder is written in.
 *
 * @param source text of its file; empty where it cannot be read (a delivered folder)
 */
export function downAdvice({ name, kind }: BundledMigration, source: string): string {
  if (kind === "typescript") {
    return `// export a function "down", or say why there is no way back:
// tidegate: allow missing-down because …`;
  }
  const format = annotationOf(source, splitSql(source))?.format;
  const where =
    format === undefined
      ? `write ${name}.down.sql`
      : `write it below a line "${MARKS[format]}" at the end of this file`;
  return `-- ${where}, or say why there is no way back, above the first statement:
-- tidegate: allow missing-down because …`;
}
