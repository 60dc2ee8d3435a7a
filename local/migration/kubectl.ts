import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { codeOf, textOf, UserError } from "../user-error.ts";

const run = promisify(execFile);

/** Logs and objects are larger than Node's default of 1 MiB. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Where a stack's objects are. */
export interface KubePlace {
  readonly context: string;
  readonly namespace: string;
}

/** Runs kubectl in one place; returns what it wrote. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** @throws UserError with what kubectl said. */
export function kubectlIn({ context, namespace }: KubePlace): Kubectl {
  return async (args, input) => {
    const all = ["--context", context, "--namespace", namespace, ...args];
    const running = run("kubectl", all, { maxBuffer: MAX_OUTPUT });
    running.child.stdin?.end(input);
    try {
      return (await running).stdout;
    } catch (error) {
      if (codeOf(error) === "ENOENT") {
        throw new UserError(
          "kubectl is not installed, and the environment names no database: set DATABASE_URL, or install kubectl",
          { cause: error },
        );
      }
      const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
      throw new UserError(`kubectl ${args.join(" ")}: ${(said || textOf(error)).trim()}`, {
        cause: error,
      });
    }
  };
}
