import { execFile } from "node:child_process";
import { promisify } from "node:util";

const COMMIT = /^[0-9a-f]{7,64}$/;

/**
 * The commit that is deployed: `GIT_COMMIT`, `GITHUB_SHA`, or what is checked out. `undefined` where
 * none is known, as in a folder without git.
 */
export async function gitCommit(
  projectDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const named = [env["GIT_COMMIT"], env["GITHUB_SHA"]].find((value) => COMMIT.test(value ?? ""));
  if (named !== undefined) return named;
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: projectDir });
    const commit = stdout.trim();
    return COMMIT.test(commit) ? commit : undefined;
  } catch {
    // No git, no repository or no commit: the history then has no commit, which it allows.
    return undefined;
  }
}
