import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CACHE } from "../paths.ts";
import { runProgram } from "../run-program.ts";
import type { Found } from "../runner.ts";

/** A peer in Go, built as its project says, small. */
export interface GoProgram {
  /** Package of the command. */
  readonly path: string;
  readonly version: string;
  /** Of its file. */
  readonly name: string;
  /** Build tags that leave all other databases out. */
  readonly tags: readonly string[];
}

const GOBIN = join(CACHE, "go");

/** Where the program lies when it was built. */
export function goFile({ name, version }: GoProgram): string {
  return join(GOBIN, version, name);
}

/**
 * Builds the program where it is not built yet.
 *
 * @throws Error where there is no Go, or the module proxy cannot be reached
 */
export async function buildGo(program: GoProgram): Promise<Found> {
  const file = goFile(program);
  if (!existsSync(file)) {
    const folder = join(GOBIN, program.version);
    await mkdir(folder, { recursive: true });
    const tags = program.tags.length === 0 ? [] : ["-tags", program.tags.join(",")];
    const { code, output } = await runProgram({
      program: "go",
      args: ["install", "-ldflags", "-s -w", ...tags, `${program.path}@${program.version}`],
      env: { GOBIN: folder, CGO_ENABLED: "0", ...goVariables() },
      cwd: homedir(),
    }).catch(() => {
      throw new Error("it is built by Go, which is not on this machine");
    });
    if (code !== 0) throw new Error(`go install failed: ${output.trim().split("\n").at(-1)}`);
  }
  const { size } = await stat(file);
  return { version: program.version.replace(/^v/, ""), bytes: size };
}

/** Where this machine gets modules from, and keeps them. */
function goVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        /^(GO[A-Z]+|.*_PROXY|.*_proxy|SSL_CERT_FILE|XDG_CACHE_HOME)$/.test(entry[0]) &&
        entry[1] !== undefined &&
        entry[0] !== "GOBIN" &&
        entry[0] !== "GOFLAGS",
    ),
  );
}
