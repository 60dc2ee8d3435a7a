/** One mistake in a folder of migrations. */
export interface BundleProblem {
  /** File, relative to the folder; the folder itself where no file is to blame. */
  readonly file: string;
  /** Line, from 1, where it is known. */
  readonly line?: number;
  /** What is wrong, what is allowed and what to do next. */
  readonly message: string;
}

/** Every mistake of a folder at once; the message lists all of them with file and line. */
export class BundleError extends Error {
  override readonly name = "BundleError";
  readonly problems: readonly BundleProblem[];

  /** @param folder as the caller named it. */
  constructor(folder: string, problems: readonly BundleProblem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
    super(`${count} in the migrations of ${folder}:\n${problems.map(line).join("\n")}`, options);
    this.problems = problems;
  }
}

/** Puts mistakes in the order of files, then of lines, whatever order they were found in. */
export function inOrder(problems: readonly BundleProblem[]): BundleProblem[] {
  return problems.toSorted((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return (a.line ?? 0) - (b.line ?? 0);
  });
}

function line(problem: BundleProblem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  return `  ${place}: ${problem.message}`;
}
