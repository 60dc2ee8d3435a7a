import type * as Esbuild from "esbuild";
import type { BuildResult, Message, Metafile, OutputFile } from "esbuild";
import type { BundleProblem } from "./bundle-error.ts";
import { codeComments, readDirectives } from "./directives.ts";
import { importRules, NAMESPACE } from "./import-rules.ts";
import { exportedNames } from "./exported-names.ts";
import { sha256 } from "./source-text.ts";
import type { Phase } from "./types.ts";

/** One TypeScript or JavaScript migration, compiled. */
export interface CompiledCode {
  /** `null`: the file does not say. */
  readonly phase: Phase | null;
  /** The version of the same number that runs right before this one; `null`: the file does not say. */
  readonly after: string | null;
  readonly checksum: string;
  /** CommonJS with everything but Kysely and Node's modules inside. */
  readonly text: string;
  readonly hasDown: boolean;
}

/** What came of one file. */
export interface Compilation {
  /** `null` when something is wrong with it. */
  readonly code: CompiledCode | null;
  readonly problems: readonly BundleProblem[];
  /** Files that it imports, relative to the folder, as far as they could be read. */
  readonly imports: readonly string[];
}

/** The compiler. */
export type Compiler = typeof Esbuild;

/** Loads the compiler; a delivered folder needs none, and the image of a Job may have none. */
export async function loadCompiler(): Promise<Compiler> {
  return await import("esbuild");
}

/** Stands in the output where the source names a path of its own file. */
const NO_PATH = { __dirname: "tidegate_no_dirname", __filename: "tidegate_no_filename" };

/**
 * Compiles one file to CommonJS. Each migration is a build of its own, so that its output does not
 * depend on which others lie beside it.
 *
 * @param dir the folder
 * @param file its path in the folder
 * @throws what the compiler throws when it does not work at all
 */
export async function compile(esbuild: Compiler, dir: string, file: string): Promise<Compilation> {
  const sources = new Map<string, string>();
  const imports = (): string[] => [...sources.keys()].filter((path) => path !== file).toSorted();
  let result: BuildResult<{ write: false; metafile: true }>;
  try {
    result = await esbuild.build({
      entryPoints: [file],
      bundle: true,
      write: false,
      metafile: true,
      format: "cjs",
      platform: "node",
      target: "node20",
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
      // Neither the folder's place nor a tsconfig.json or package.json above it may show in the output:
      // the plugin reads files under names relative to the folder.
      absWorkingDir: "/",
      outdir: "/",
      plugins: [importRules(dir, sources)],
      // The runner evaluates a script, where `import()` is not available and `require` is.
      supported: { "dynamic-import": false },
      define: NO_PATH,
    });
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const problems = error.errors.map((message) => problemOf(file, message));
    return { code: null, problems, imports: imports() };
  }
  return check(file, imports(), sources, result);
}

function check(
  file: string,
  imports: readonly string[],
  sources: ReadonlyMap<string, string>,
  result: { warnings: Message[]; metafile: Metafile; outputFiles: OutputFile[] },
): Compilation {
  const source = sources.get(file) ?? "";
  const text = result.outputFiles[0]?.text ?? "";
  const directives = readDirectives(codeComments(source), "code");
  const problems: BundleProblem[] = directives.mistakes.map((mistake) => ({ file, ...mistake }));
  for (const warning of result.warnings) {
    if (warning.id === "empty-import-meta") problems.push(problemOf(file, warning));
  }
  for (const [name, mark] of Object.entries(NO_PATH)) {
    if (text.includes(mark)) problems.push(pathProblem(name, file, sources));
  }
  const exported = exportedNames(text);
  if (!exported.has("up")) {
    const message =
      "it exports no function up. Write export async function up(db) { … }, and down(db) beside it where there is a way back";
    problems.push({ file, message });
  }
  if (problems.length > 0) return { code: null, problems, imports };
  const code = {
    phase: directives.phase,
    after: directives.after,
    checksum: `ts1:${checksum(source, imports, sources)}`,
    text,
    hasDown: exported.has("down"),
  };
  return { code, problems, imports };
}

/** Of a file without relative imports this is the SHA-256 of its text. A source holds no NUL. */
function checksum(
  source: string,
  imports: readonly string[],
  sources: ReadonlyMap<string, string>,
): string {
  const parts = imports.flatMap((path) => [path, sources.get(path) ?? ""]);
  return sha256([source, ...parts].join("\0"));
}

function pathProblem(
  name: string,
  file: string,
  sources: ReadonlyMap<string, string>,
): BundleProblem {
  const message = `${name} is not available: the compiled migration is delivered alone, without the files around it. Import what it needs from a relative .ts or .json file`;
  for (const [path, source] of sources) {
    const index = source.split("\n").findIndex((text) => text.includes(name));
    if (index >= 0) return { file: path, line: index + 1, message };
  }
  return { file, message };
}

function isBuildFailure(error: unknown): error is Error & { errors: Message[] } {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function problemOf(file: string, message: Message): BundleProblem {
  const { location } = message;
  const text = translate(message);
  if (location === null) return { file, message: text };
  const path = location.file.startsWith(`${NAMESPACE}:`)
    ? location.file.slice(NAMESPACE.length + 1)
    : location.file;
  // Line 0: the file as a whole.
  if (location.line === 0) return { file: path, message: text };
  return { file: path, line: location.line, message: text };
}

/** What the compiler says in terms of output formats, in terms of migrations. */
function translate(message: Message): string {
  if (message.id === "empty-import-meta") {
    return "import.meta is not available: a migration is compiled to a script. Import what it needs from a relative file";
  }
  if (message.text.startsWith("Top-level await")) {
    return "await outside a function is not available: a migration is compiled to a script. Move it into up or down";
  }
  return message.pluginName === "" ? `it cannot be compiled: ${message.text}` : message.text;
}
