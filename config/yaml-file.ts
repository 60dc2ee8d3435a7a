import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { Path, Problem } from "./problem.ts";
import { at, isTree, type Tree, without } from "./tree.ts";

/** A YAML file as far as it could be read. */
export interface YamlFile {
  readonly value: Tree;
  readonly problems: readonly Problem[];
}

/**
 * Reads an object of a YAML file; keys that stand there twice are refused.
 *
 * @param file relative to the project
 * @param namedAt the key that names the file, for its problems
 */
export async function readYamlFile(
  projectDir: string,
  file: string,
  namedAt: Path,
): Promise<YamlFile> {
  let text: string;
  try {
    text = await readFile(join(projectDir, file), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return failed(
      namedAt,
      `"${file}" cannot be read (${code}): give a file, relative to Pulumi.yaml`,
    );
  }
  const document = parseDocument(text, { merge: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    return failed(
      namedAt,
      `${file} is no YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`,
    );
  }
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return { value: {}, problems: [] };
  if (!isTree(value)) return failed(namedAt, `${file} must hold an object with keys`);
  return { value, problems: [] };
}

function failed(path: Path, message: string): YamlFile {
  return { value: {}, problems: [{ path, message }] };
}

/** Paths of `{ secure: … }` in `value`, which `pulumi config set --secret` writes. */
function securePaths(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value))
    return value.flatMap((one, index) => securePaths(one, [...path, index]));
  if (!isTree(value)) return [];
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value["secure"] === "string") return [path];
  return Object.entries(value).flatMap(([key, inner]) => securePaths(inner, [...path, key]));
}

/** Why an encrypted value within a structured one is refused. */
export const NESTED_SECRET =
  "is encrypted inside a structured value, which reads as plain text and would stand in clear in the state; take it out (pulumi config rm --path) and set it under a key of its own with pulumi config set --secret <key>, named in secretEnv";

/** The value without what is encrypted in it, and a problem for each. */
export function refuseNestedSecrets(value: Tree, base: Path = []): YamlFile {
  const paths = securePaths(value);
  const kept = paths.reduce<unknown>(
    (rest, path) => (at(rest, path) === undefined ? rest : without(rest, cut(value, path))),
    value,
  );
  return {
    value: isTree(kept) ? kept : {},
    problems: paths.map((path) => ({ path: [...base, ...path], message: NESTED_SECRET })),
  };
}

/** Of a value in a list the whole list. */
function cut(value: Tree, path: Path): Path {
  const list = path.findIndex((_, index) => Array.isArray(at(value, path.slice(0, index))));
  return list === -1 ? path : path.slice(0, list);
}
