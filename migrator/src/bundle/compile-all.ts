import { BundleError, type BundleProblem } from "./bundle-error.ts";
import { compile, loadCompiler, type CompiledCode, type Compiler } from "./compile.ts";

/**
 * Compiles all TypeScript and JavaScript migrations of a folder side by side.
 *
 * @param files their paths in the folder; the compiler is loaded only when there is one
 * @param problems receives what is wrong with them
 * @returns what could be compiled, by file, and all files that they import
 * @throws BundleError at once where the compiler itself does not work: nothing more can be said of the
 *   folder then
 */
export async function compileAll(
  dir: string,
  files: readonly string[],
  problems: BundleProblem[],
): Promise<{ compiled: ReadonlyMap<string, CompiledCode>; imports: ReadonlySet<string> }> {
  const compiled = new Map<string, CompiledCode>();
  const imports = new Set<string>();
  const [first] = files;
  if (first === undefined) return { compiled, imports };
  let compiler: Compiler | null = null;
  try {
    const loaded = await loadCompiler();
    compiler = loaded;
    await Promise.all(
      files.map(async (file) => {
        const result = await compile(loaded, dir, file);
        if (result.code !== null) compiled.set(file, result.code);
        for (const path of result.imports) imports.add(path);
        problems.push(...withoutRepeats(result.problems, problems));
      }),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    const message = compiler === null ? missing(reason) : ended(reason);
    throw new BundleError(dir, [{ file: first, message }], { cause });
  }
  return { compiled, imports };
}

function missing(reason: string): string {
  return `TypeScript and JavaScript migrations need the package esbuild, which cannot be loaded (${reason}). Run npm install esbuild`;
}

/** The compiler is a process of its own, which dies where memory ends. */
function ended(reason: string): string {
  return (
    `the compiler ended before it was done (${reason}). Where memory is limited, raise the limit: the runner's image ` +
    "needs 256 MB to compile a few migrations, 512 MB for hundreds; a delivered folder needs no compiler"
  );
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
