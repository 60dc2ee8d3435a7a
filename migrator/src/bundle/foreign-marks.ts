import { annotationOf } from "./annotated-sql.ts";
import type { BundleProblem } from "./bundle-error.ts";
import type { FolderFile } from "./file-names.ts";
import { splitSql, type SplitSql, type SqlComment } from "./sql-statements.ts";

type SqlFile = Extract<FolderFile, { kind: "sql" | "code" | "down" }>;

/** A tool whose files hold more than what is to run, told by comments that SQL knows nothing of. */
interface ForeignTool {
  readonly tool: string;
  /** The comments that only its files hold. */
  readonly mark: RegExp;
  /** What plain SQL would make of such a file. */
  readonly harm: string;
  /** What to write instead. */
  readonly remedy: string;
}

const RUNS_DOWN = "run as plain SQL, its way down would follow its way up";
const BY_HAND =
  "move what stands below that line into a file of its own, NNN_name.down.sql beside NNN_name.sql";

// Sources: rubenv/sql-migrate sqlparse/sqlparse.go; jackc/tern's template of a new migration; Liquibase,
// "Example changelogs: SQL format"; MyBatis Migrations, "new"; amberframework/micrate; elwinar/rambler.
const TOOLS: readonly ForeignTool[] = [
  {
    tool: "sql-migrate",
    mark: /^--[ \t]*\+migrate[ \t]+(?:up|down|statementbegin|statementend)\b/i,
    harm: RUNS_DOWN,
    remedy:
      'Write "-- +goose" for "-- +migrate" in all of them, and "-- +goose NO TRANSACTION" for notransaction (goose\'s format, which is read here)',
  },
  {
    tool: "micrate",
    mark: /^--[ \t]*\+micrate[ \t]+(?:up|down|statementbegin|statementend)\b/i,
    harm: RUNS_DOWN,
    remedy:
      'Write "-- +goose" for "-- +micrate" in all of them (goose\'s format, which is read here)',
  },
  {
    tool: "tern",
    mark: /^-{4}[ \t]*(?:create above \/ drop below\b|tern:[ \t]*disable-tx\b)/i,
    harm: RUNS_DOWN,
    remedy: `For "---- create above / drop below ----" ${BY_HAND}; for "---- tern: disable-tx ----" write "-- tidegate:no-transaction"`,
  },
  {
    tool: "MyBatis Migrations",
    mark: /^--[ \t]*(?:\/\/[ \t]*)?@UNDO\b/,
    harm: RUNS_DOWN,
    remedy: `For "-- //@UNDO" ${BY_HAND}`,
  },
  {
    tool: "rambler",
    mark: /^--[ \t]*rambler[ \t]+(?:up|down)[ \t]*$/,
    harm: RUNS_DOWN,
    remedy:
      'Write "-- migrate:up" and "-- migrate:down" for its marks (dbmate\'s format, which is read here)',
  },
  {
    tool: "Liquibase",
    mark: /^--[ \t]*liquibase[ \t]+formatted[ \t]+sql\b/i,
    harm: "run as plain SQL, its changesets, contexts and rollbacks would count for nothing",
    remedy:
      "Write each changeset as a file of its own, NNN_name.sql, and what its --rollback says as NNN_name.down.sql beside it",
  },
];

const NODE_PG_MIGRATE: Omit<ForeignTool, "mark"> = {
  tool: "node-pg-migrate",
  harm: RUNS_DOWN,
  remedy:
    'Write "-- migrate:up" and "-- migrate:down" for its marks, each on a line of its own (dbmate\'s format, which is read here)',
};

/** Node-pg-migrate takes a comment that begins so for its mark, whatever follows. */
const ITS_MARK = /^--[\s-]*(up|down)\s+migration\b(.*)$/i;

/** A file without any of these letters needs no reading for a mark. */
const LETTERS =
  /\+migrate|\+micrate|create above|disable-tx|@UNDO|rambler|liquibase|down\s+migration/i;

/**
 * Refuses the files of tools whose marks would be ordinary comments here: taken for plain SQL, the way down
 * of such a file would be run behind its way up.
 *
 * @param texts of the SQL files, by path
 * @returns the texts of all others
 */
export function withoutForeignMarks(
  files: readonly SqlFile[],
  texts: ReadonlyMap<string, string>,
  problems: BundleProblem[],
): ReadonlyMap<string, string> {
  const rest = new Map(texts);
  const told = new Set<string>();
  for (const { kind, file } of files) {
    const found = foreignMark(texts.get(file) ?? "", kind === "sql");
    if (found === null) continue;
    rest.delete(file);
    const { tool, harm, remedy } = found.tool;
    const what = `it is a file of ${tool} ("${found.comment.text.trim()}"), which is not read here: ${harm}`;
    // The way out once: it is long, and a folder has many files.
    const wayOut = `${remedy}. What a database has of them already: migrator baseline VERSION`;
    const message = told.has(tool) ? what : `${what}. ${wayOut}`;
    problems.push({ file, line: found.comment.line, message });
    told.add(tool);
  }
  return rest;
}

/** @param up whether the file is a way up; one of a way down may be titled "Down migration". */
function foreignMark(
  text: string,
  up: boolean,
): { readonly tool: Omit<ForeignTool, "mark">; readonly comment: SqlComment } | null {
  if (!LETTERS.test(text)) return null;
  const split = splitSql(text);
  // Inside of goose's or dbmate's marks those of others are ordinary comments.
  if (annotationOf(text, split) !== null) return null;
  for (const comment of split.comments) {
    if (!beginsLine(text, comment.start)) continue;
    const tool = TOOLS.find(({ mark }) => mark.test(comment.text));
    if (tool !== undefined) return { tool, comment };
  }
  const comment = up ? wayDownIn(text, split) : null;
  return comment === null ? null : { tool: NODE_PG_MIGRATE, comment };
}

/**
 * The mark of node-pg-migrate that statements stand below as a way down. Its words are such as people write
 * too: a heading without statements below it does no harm, and one that goes on in words is a mark only
 * where the file has both ways.
 */
function wayDownIn(text: string, { comments, statements }: SplitSql): SqlComment | null {
  const marks = comments.flatMap((comment) => {
    const [, way, words] = beginsLine(text, comment.start)
      ? (ITS_MARK.exec(comment.text) ?? [])
      : [];
    return way === undefined || words === undefined
      ? []
      : [{ comment, way: way.toLowerCase(), alone: /^[\s:=-]*$/.test(words) }];
  });
  const up = marks.find(({ way }) => way === "up");
  const down = marks.find(({ way }) => way === "down");
  if (down === undefined) return null;
  const begin = down.comment.start;
  const upBegin = up?.comment.start ?? 0;
  const runs = (from: number, to: number): boolean =>
    statements.some(({ start, end }) => end > from && start < to);
  const runsDown = runs(begin, upBegin > begin ? upBegin : text.length);
  const runsUp = up !== undefined && runs(upBegin, upBegin < begin ? begin : text.length);
  return runsDown && (down.alone || runsUp) ? down.comment : null;
}

/** Whether nothing but blanks stands before it on its line. */
function beginsLine(text: string, at: number): boolean {
  return /^[ \t]*$/.test(text.slice(text.lastIndexOf("\n", at - 1) + 1, at));
}
