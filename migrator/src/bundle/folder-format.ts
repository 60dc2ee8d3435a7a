import type { AnnotatedFormat } from "./annotated-sql.ts";
import type { BundleProblem } from "./bundle-error.ts";

/** How a folder is written; one folder, one format. SQL and Kysely's code may share one. */
export type FolderFormat = "plain" | "drizzle" | AnnotatedFormat;

/** What a file tells about the format of its folder. */
export interface FormatClue {
  readonly file: string;
  readonly format: FolderFormat;
  /** The format in words. */
  readonly called: string;
}

/**
 * The one format of a folder. Two in one are an error: which tool would have run what, and in what
 * order, is then anybody's guess.
 */
export function formatOf(clues: readonly FormatClue[]): {
  format: FolderFormat;
  problems: readonly BundleProblem[];
} {
  const [first] = clues;
  const other = clues.find(({ format }) => format !== first?.format);
  if (first === undefined || other === undefined) {
    return { format: first?.format ?? "plain", problems: [] };
  }
  const message = `it is ${other.called}, and ${first.file} is ${first.called}: a folder is written in one format. Write all of it in one of them (only plain SQL and Kysely's TypeScript may be mixed)`;
  return { format: first.format, problems: [{ file: other.file, message }] };
}
