import { stat } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import type { Loader, PartialMessage, Plugin } from "esbuild";
import { readSource, SourceTextError } from "./source-text.ts";

/** The compiler's name for files of a folder; it stands before their paths in comments. */
export const NAMESPACE = "migrations";

/** What the runner hands to a migration, besides Node's modules. */
const KYSELY = ["kysely", "kysely/helpers/postgres", "kysely/migration", "kysely/readonly"];

const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".json": "json",
};

/** TypeScript's way of naming a source by its output's name. */
const SOURCE_OF: Readonly<Record<string, string>> = {
  ".js": ".ts",
  ".mjs": ".mts",
  ".cjs": ".cts",
};

/**
 * Decides what a migration may import: relative files, which become part of it, Kysely and Node's own
 * modules. Whatever else it imported would have to be installed wherever migrations run.
 *
 * @param sources receives every file that was read, by its path relative to the folder
 */
export function importRules(dir: string, sources: Map<string, string>): Plugin {
  return {
    name: "tidegate-imports",
    setup(build) {
      build.onResolve({ filter: /^/ }, async ({ path, kind, importer }) => {
        // The compiler puts "./" before the names of entries.
        if (kind === "entry-point") return { path: posix.normalize(path), namespace: NAMESPACE };
        if (KYSELY.includes(path) || isBuiltin(path)) {
          return { path, external: true };
        }
        if (!/^\.\.?(?:\/|$)/.test(path)) return failure(notAllowed(path));
        const wanted = posix.join(posix.dirname(importer), path);
        const found = await firstFile(dir, candidates(wanted));
        if (found === null) return failure(`it imports "${path}", and there is no such file`);
        if (LOADERS[posix.extname(found)] === undefined) {
          const kinds = Object.keys(LOADERS).join(", ");
          return failure(`it imports "${path}", which cannot be compiled. Allowed are ${kinds}`);
        }
        return { path: found, namespace: NAMESPACE };
      });
      build.onLoad({ filter: /^/, namespace: NAMESPACE }, async ({ path }) => {
        try {
          const contents = readSource(join(dir, path));
          sources.set(path, contents);
          return { contents, loader: LOADERS[posix.extname(path)] ?? "ts" };
        } catch (error) {
          if (!(error instanceof SourceTextError)) throw error;
          return { errors: [{ text: error.message, location: { file: path } }] };
        }
      });
    },
  };
}

function failure(text: string): { errors: PartialMessage[] } {
  return { errors: [{ text }] };
}

function notAllowed(path: string): string {
  return (
    `it imports "${path}". Allowed are relative files, ${KYSELY.map((each) => `"${each}"`).join(", ")} and Node's own modules, as nothing ` +
    "else is installed where migrations run. Copy what it needs into a relative file, or import its types only (import type)"
  );
}

function candidates(path: string): string[] {
  const extension = posix.extname(path);
  const source = SOURCE_OF[extension];
  return [
    path,
    ...(source === undefined ? [] : [path.slice(0, -extension.length) + source]),
    ...Object.keys(LOADERS).map((each) => path + each),
    ...Object.keys(LOADERS).map((each) => posix.join(path, `index${each}`)),
  ];
}

async function firstFile(dir: string, paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const isFile = await stat(join(dir, path)).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) return path;
  }
  return null;
}
