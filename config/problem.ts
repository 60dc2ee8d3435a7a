/** Keys from the top of the configuration to a value; indexes of lists are numbers. */
export type Path = readonly (string | number)[];

/** One mistake of the configuration. */
export interface Problem {
  readonly path: Path;
  /** What is wrong, what is allowed, what to do. */
  readonly message: string;
  /** The file that holds the value, where it is known. */
  readonly source?: string;
}

/** `services.bff.databases`; a key that is no plain word stands in brackets and quotes. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** The whole report: every problem on lines of its own, in the order of the configuration's keys. */
export function report(stack: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map((problem) => {
    if (problem.path.length === 0) return `  ${problem.message}`;
    const source = problem.source === undefined ? "" : ` (${problem.source})`;
    return `  ${pathText(problem.path)}${source}: ${problem.message}`;
  });
  return [`the configuration of stack ${stack} has ${count}; nothing was changed:`, ...lines].join(
    "\n",
  );
}

/** Thrown by the loaders, with all problems at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(stack: string, problems: readonly Problem[]) {
    super(report(stack, problems));
    this.name = "ConfigError";
    this.problems = problems;
  }
}
