import type { BundleProblem } from "./bundle-error.ts";
import { compile, loadCompiler, type CompiledCode } from "./compile.ts";

/**
 * Compiles all TypeScript and JavaScript migrations of a folder side by side.
 *
 * @param files their paths in the folder; the compiler is loaded only when there is one
 * @param problems receives what is wrong with them
 * @returns what could be compiled, by file
 */
export async function compileAll(
  dir: string,
  files: readonly string[],
  problems: BundleProblem[],
): Promise<ReadonlyMap<string, CompiledCode>> {
  const compiled = new Map<string, CompiledCode>();
  const [first] = files;
  if (first === undefined) return compiled;
  const esbuild = await loadCompiler().catch((cause: unknown) => {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    const message = `TypeScript and JavaScript migrations need the package esbuild, which cannot be loaded (${reason}). Run npm install esbuild`;
    problems.push({ file: first, message });
    return null;
  });
  if (esbuild === null) return compiled;
  await Promise.all(
    files.map(async (file) => {
      const result = await compile(esbuild, dir, file);
      if ("text" in result) compiled.set(file, result);
      else problems.push(...withoutRepeats(result, problems));
    }),
  );
  return compiled;
}

/** A mistake in a file that several migrations import is found once for each of them. */
function withoutRepeats(
  found: readonly BundleProblem[],
  known: readonly BundleProblem[],
): BundleProblem[] {
  return found.filter(
    ({ file, line, message }) =>
      !known.some((each) => each.file === file && each.line === line && each.message === message),
  );
}
