import type { Phase } from "./types.ts";

/** A comment that may be a directive. */
export interface DirectiveComment {
  /** With its marks: `-- tidegate:phase contract`. */
  readonly text: string;
  readonly line: number;
  /** Whether it stands before the first statement. */
  readonly leading: boolean;
}

export interface Directives {
  /** `null`: the file does not say. */
  readonly phase: Phase | null;
  readonly transaction: boolean;
  /** The version of the same number that runs right before this one; `null`: the file does not say. */
  readonly after: string | null;
  readonly mistakes: readonly { readonly line: number; readonly message: string }[];
}

/** What kind of file the comments stand in; each allows other directives. */
export type DirectiveHost = "sql" | "sql down" | "code";

const DIRECTIVE = /^(?:--|\/\/)[ \t]*tidegate[ \t]*:[ \t]*(.*?)[ \t]*$/i;
const IN_BLOCK = /^[ \t]*(?:\/\*+|\*)?[ \t]*tidegate[ \t]*:/im;

const ALLOWED: Record<DirectiveHost, readonly string[]> = {
  sql: [
    "-- tidegate:no-transaction",
    "-- tidegate:phase expand",
    "-- tidegate:phase contract",
    "-- tidegate:after NAME",
  ],
  "sql down": ["-- tidegate:no-transaction"],
  code: ["// tidegate:phase expand", "// tidegate:phase contract", "// tidegate:after NAME"],
};

/**
 * Reads `tidegate:` directives from comments. One that would have no effect (a slip in its name, one
 * behind a statement, one in a block comment) is a mistake: ignored, `no-transaction` or
 * `phase contract` would change what a deploy does without a word.
 */
export function readDirectives(
  comments: readonly DirectiveComment[],
  host: DirectiveHost,
): Directives {
  const mistakes: { line: number; message: string }[] = [];
  const found = new Map<string, number>();
  let phase: Phase | null = null;
  let after: string | null = null;
  let transaction = true;

  for (const { text, line, leading } of comments) {
    const refuse = (message: string): void => void mistakes.push({ line, message });
    if (text.startsWith("/*")) {
      if (IN_BLOCK.test(text)) refuse(`a directive is a line comment of its own. ${allowed(host)}`);
      continue;
    }
    const value = DIRECTIVE.exec(text)?.[1];
    if (value === undefined) continue;
    const [name = "", argument] = value.split(/[ \t]+/, 2);
    // Of a statement, not of the file; lint/ reads and refuses them.
    if (name.toLowerCase() === "allow") continue;
    const earlier = found.get(name);
    if (!leading) {
      refuse(`tidegate:${value} stands behind the first statement. Move it to the top of the file`);
    } else if (earlier !== undefined) {
      refuse(`tidegate:${name} stands here twice, on line ${earlier} too. Delete one of them`);
    } else if (value === "no-transaction") {
      if (host === "code") refuse(NO_TRANSACTION_IN_CODE);
      else transaction = false;
    } else if (host === "sql down" && name === "phase") {
      refuse("a phase belongs to the migration, not to its way down. Delete this line");
    } else if (host !== "sql down" && /^after[ \t]+\S+$/.test(value)) {
      after = argument ?? null;
    } else if (/^phase[ \t]+(?:expand|contract)$/.test(value)) {
      phase = argument === "contract" ? "contract" : "expand";
    } else {
      refuse(`tidegate:${value} is not a directive. ${allowed(host)}`);
    }
    found.set(name, line);
  }
  return { phase, transaction, after, mistakes };
}

const NO_TRANSACTION_IN_CODE =
  "tidegate:no-transaction is for SQL files only: of a function that runs again after it was cut off, " +
  "finished statements cannot be skipped. Move what needs no transaction into a .sql file";

function allowed(host: DirectiveHost): string {
  return `Allowed here: ${ALLOWED[host].map((text) => `"${text}"`).join(", ")}`;
}

/**
 * The line comments of TypeScript or JavaScript that may hold directives: those before the first
 * statement, and later ones that stand on lines of their own, so that a misplaced one is noticed.
 */
export function codeComments(source: string): DirectiveComment[] {
  const comments: DirectiveComment[] = [];
  const leading = /\s*(?:(\/\/[^\n]*|#![^\n]*)|(\/\*[^]*?\*\/))/y;
  let end = 0;
  let line = 1;
  for (let match = leading.exec(source); match !== null; match = leading.exec(source)) {
    const text = match[1] ?? match[2] ?? "";
    line += lines(source.slice(end, leading.lastIndex - text.length));
    comments.push({ text, line, leading: true });
    line += lines(text);
    end = leading.lastIndex;
  }
  for (const [index, text] of source.slice(end).split("\n").entries()) {
    if (DIRECTIVE.test(text.trim())) {
      comments.push({ text: text.trim(), line: line + index, leading: false });
    }
  }
  return comments;
}

function lines(text: string): number {
  return text.split("\n").length - 1;
}
