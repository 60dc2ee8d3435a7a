/** What an ignore file leaves out of a build context. */
export type Ignored = (path: string) => boolean;

interface Pattern {
  readonly except: boolean;
  readonly matches: RegExp;
}

/**
 * Reads a `.dockerignore`.
 * Source: "Dockerfile reference", `.dockerignore` files, and the matcher that Docker builds with
 * (moby/patternmatcher): Go's `filepath.Match` with `**`; a pattern also covers what lies below a
 * folder that it matches; the last matching line wins.
 *
 * @throws Error naming the line, for character classes and malformed lines: a pattern that is
 *   understood differently than by Docker would give two contexts one digest
 */
export function parseDockerIgnore(text: string): Ignored {
  const patterns = text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line, index) => parseLine(line, index + 1));
  return (path) => {
    const parts = path.split("/");
    const ancestors = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    return patterns.reduce(
      (ignored, { except, matches }) =>
        ignored === except && ancestors.some((ancestor) => matches.test(ancestor))
          ? !except
          : ignored,
      false,
    );
  };
}

function parseLine(line: string, number: number): Pattern[] {
  if (line.startsWith("#")) return [];
  const trimmed = line.trim();
  if (trimmed === "") return [];
  const except = trimmed.startsWith("!");
  const pattern = clean(except ? trimmed.slice(1).trim() : trimmed);
  if (pattern === "" || (except && pattern === "."))
    throw new Error(`line ${number}: "${trimmed}" names nothing`);
  if (/[[\]]/.test(pattern)) {
    throw new Error(
      `line ${number}: "${trimmed}" has a character class, which is not understood here: write one line for each name`,
    );
  }
  if (/(^|[^\\])(\\\\)*\\$/.test(pattern)) {
    throw new Error(`line ${number}: "${trimmed}" ends with a lone backslash`);
  }
  // "." would leave nothing of the context; Docker ignores the line.
  if (pattern === ".") return [];
  return [{ except, matches: toExpression(pattern) }];
}

/** The shortest path of the same meaning: no leading slash, no `.`, no `..` that can be resolved. */
function clean(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !pattern.startsWith("/")) parts.push(part);
  }
  return parts.length === 0 && pattern !== "" ? "." : parts.join("/");
}

function toExpression(pattern: string): RegExp {
  const tokens = pattern.matchAll(/\*\*\/?|\*|\?|\\(.)|(.)/gsu);
  // Docker compares the end of the path only when nothing else is special: `**b` matches `ab` too.
  const isSuffix = /^\*\*[^/*?\\][^*?\\]*$/.test(pattern);
  let expression = "";
  for (const token of tokens) {
    const [text, escaped, plain] = token;
    if (text.startsWith("**")) {
      const last = token.index + text.length === pattern.length;
      expression += last || isSuffix ? ".*" : "(.*/)?";
    } else if (text === "*") expression += "[^/]*";
    else if (text === "?") expression += "[^/]";
    else expression += (escaped ?? plain ?? "").replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  }
  return new RegExp(`^${expression}$`, "su");
}
