import { gooseBlocks } from "./goose-blocks.ts";
import { splitSql, type SplitSql, type SqlMistake } from "./sql-statements.ts";

/** Tools that keep the way up and the way down in one file, marked by comments. */
export type AnnotatedFormat = "dbmate" | "goose";

/** Both ways of one file, each with the lines of the file, so that messages name the right one. */
export interface Sections {
  readonly up: string;
  /** `null`: there is none, or nothing in it. */
  readonly down: string | null;
  readonly mistakes: readonly SqlMistake[];
}

/** A comment that marks something, at the start of a line. */
export interface Mark {
  /** What it says behind the tool's name. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

const MARKS: Record<AnnotatedFormat, RegExp> = {
  dbmate: /^--[ \t]*migrate:(.*?)[ \t\r]*$/,
  goose: /^--[ \t]*\+goose[ \t]+(.*?)[ \t\r]*$/i,
};

/** What the runner reads in place of a tool's own way to say it. */
const NO_TRANSACTION = "-- tidegate:no-transaction";

/** The tool whose marks stand in a file, and the first of them; `null`: none. */
export function annotationOf(
  text: string,
  { comments }: SplitSql,
): { format: AnnotatedFormat; line: number; mark: string } | null {
  for (const { text: comment, start, line } of comments) {
    if (!startsLine(text, start)) continue;
    for (const format of ["dbmate", "goose"] as const) {
      if (MARKS[format].test(comment)) return { format, line, mark: comment.trim() };
    }
  }
  return null;
}

/**
 * Parts a file of dbmate or goose into its two ways. What the marks say about the transaction is
 * translated into the runner's own directive. No character moves.
 */
export function splitSections(text: string, split: SplitSql, format: AnnotatedFormat): Sections {
  const mistakes: SqlMistake[] = [];
  let up: Mark | null = null;
  let down: Mark | null = null;
  const without = { up: false, down: false };
  const marks = marksOf(text, split, format);
  const { ended, mistakes: unpaired } = gooseBlocks(text, format === "goose" ? marks : []);
  mistakes.push(...unpaired);

  for (const mark of marks) {
    const { what, line } = mark;
    const refuse = (message: string): void => void mistakes.push({ line, message });
    const [way = "", ...options] = what.split(/[ \t]+/);
    const direction = way.toLowerCase();
    if (direction === "up" || direction === "down") {
      const earlier = direction === "up" ? up : down;
      if (earlier !== null)
        refuse(`the mark "${way}" stands here twice, on line ${earlier.line} too`);
      else if (direction === "up") up = mark;
      else down = mark;
      if (direction === "up" && down !== null) refuse(`the way up stands behind the way down`);
      for (const option of options) {
        if (option === "transaction:false") without[direction] = true;
        else if (option !== "transaction:true") refuse(unknown(option, format));
      }
    } else if (format === "goose" && /^no[ \t]+transaction$/i.test(what)) {
      without.up = true;
      without.down = true;
    } else if (format === "dbmate" || !/^statement(?:begin|end)$/i.test(what)) {
      refuse(unknown(what, format));
    }
  }
  const [first] = split.statements;
  if (up === null) {
    mistakes.push({
      line: 1,
      message: `there is no way up in it. Write "${UP[format]}" before it`,
    });
  } else if (first !== undefined && first.start < up.start) {
    const message = `this statement stands before "${UP[format]}", where ${format} runs none. Move it below`;
    mistakes.push({ line: first.line, message });
  }
  const end = down?.start ?? text.length;
  const above = ended.slice(0, end);
  const below = down === null ? "" : ended.slice(down.end);
  return {
    up: up === null || !without.up ? above : replaced(above, up),
    down:
      // Read anew: what stands above the mark may end without a semicolon.
      down === null || splitSql(below).statements.length === 0
        ? null
        : // The lines above it stay as empty ones.
          "\n".repeat(down.line - 1) + (without.down ? NO_TRANSACTION : "") + below,
    mistakes,
  };
}

const UP: Record<AnnotatedFormat, string> = { dbmate: "-- migrate:up", goose: "-- +goose Up" };

function marksOf(text: string, { comments }: SplitSql, format: AnnotatedFormat): readonly Mark[] {
  return comments.flatMap(({ text: comment, start, line }) => {
    const what = startsLine(text, start) ? MARKS[format].exec(comment)?.[1] : undefined;
    return what === undefined ? [] : [{ what, start, end: start + comment.length, line }];
  });
}

function startsLine(text: string, at: number): boolean {
  return at === 0 || text[at - 1] === "\n";
}

function replaced(text: string, { start, end }: Mark): string {
  return text.slice(0, start) + NO_TRANSACTION + text.slice(end);
}

function unknown(what: string, format: AnnotatedFormat): string {
  const allowed =
    format === "dbmate"
      ? '"migrate:up" and "migrate:down", each with "transaction:false" behind it'
      : '"Up", "Down", "StatementBegin", "StatementEnd" and "NO TRANSACTION"';
  return `"${what}" of ${format} is not known here. Allowed are ${allowed}`;
}
