import type { Mark } from "./annotated-sql.ts";
import type { SqlMistake } from "./sql-statements.ts";

/**
 * Pairs `StatementBegin` with `StatementEnd` of goose. The end of such a block ends its statement, with or
 * without a semicolon, as goose's own parser has it (pressly/goose, internal/sqlparser/parser.go). No
 * character moves, so that places in messages stay right.
 *
 * @returns the text with those ends, and what goose would refuse, by line
 */
export function gooseBlocks(
  text: string,
  marks: readonly Mark[],
): { readonly ended: string; readonly mistakes: readonly SqlMistake[] } {
  const mistakes: SqlMistake[] = [];
  let ended = text;
  let open: Mark | null = null;
  let way: Mark | null = null;
  const unclosed = (): void => {
    if (open === null) return;
    const message =
      'this StatementBegin has no StatementEnd. Write "-- +goose StatementEnd" below its statement';
    mistakes.push({ line: open.line, message });
    open = null;
  };
  for (const mark of marks) {
    const { what, start, line } = mark;
    if (/^statementbegin$/i.test(what)) {
      unclosed();
      open = mark;
      if (way !== null) continue;
      const message = 'this StatementBegin stands before "-- +goose Up". Move it below';
      mistakes.push({ line, message });
    } else if (/^statementend$/i.test(what)) {
      if (open === null) {
        const message =
          'this StatementEnd has no StatementBegin. Write "-- +goose StatementBegin" above its statement, or delete it';
        mistakes.push({ line, message });
      }
      open = null;
      ended = `${ended.slice(0, start)};--${ended.slice(start + ";--".length)}`;
    } else if (/^(?:up|down)\b/i.test(what)) {
      unclosed();
      way = mark;
    }
  }
  unclosed();
  return { ended, mistakes };
}
