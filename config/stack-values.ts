import type { Layer } from "./layers.ts";
import type { Problem } from "./problem.ts";
import type { SecretKeys } from "./rules/secrets.ts";
import { unknownKey } from "./schema-problems.ts";
import { projectPath } from "./schema/names.ts";
import { ADMIN_PASSWORD_KEY, EXTENDS_KEY, platformShape, STACK_KEYS } from "./schema/platform.ts";
import type { Tree } from "./tree.ts";
import { readYamlFile, refuseNestedSecrets } from "./yaml-file.ts";

/** The values of a stack's keys, without their namespace. */
export interface StackValues {
  /** The file that they stand in. */
  readonly source: string;
  /** Plain values by key; no secret is among them. */
  readonly values: Tree;
  readonly secrets: SecretKeys;
  /** What was wrong at reading. */
  readonly problems: readonly Problem[];
}

/** The files that make a platform, the first over the others. */
export interface Layers {
  readonly layers: readonly Layer[];
  readonly problems: readonly Problem[];
}

/** The stack's own values, and below them the file that it extends. */
export async function layersOf(projectDir: string, stack: StackValues): Promise<Layers> {
  // Every key that Pulumi.yaml declares has a default, the empty string where none has a meaning.
  const given = Object.entries(stack.values).filter(([, value]) => value !== "");
  const own = given.filter(([key]) => Object.hasOwn(platformShape, key));
  const unknown = given.filter(
    ([key]) => !STACK_KEYS.includes(key) && !stack.secrets.encrypted.has(key),
  );
  const extended = given.find(([key]) => key === EXTENDS_KEY)?.[1];
  const below = extended === undefined ? undefined : await readExtended(projectDir, extended);
  const upper = { source: stack.source, value: Object.fromEntries(own) };
  return {
    layers: below === undefined ? [upper] : [upper, below.layer],
    problems: [
      ...stack.problems,
      ...unknown.map(([key]) => ({
        path: [key],
        message: unknownKey(key, STACK_KEYS),
        source: stack.source,
      })),
      ...(below?.problems ?? []),
    ],
  };
}

async function readExtended(
  projectDir: string,
  file: unknown,
): Promise<{ readonly layer: Layer; readonly problems: readonly Problem[] }> {
  const path = projectPath.safeParse(file);
  if (!path.success) {
    const message = typeof file === "string" ? path.error.issues[0]?.message : "must name a file";
    return {
      layer: { source: EXTENDS_KEY, value: {} },
      problems: [{ path: [EXTENDS_KEY], message: message ?? "must name a file" }],
    };
  }
  const { value, problems } = await readYamlFile(projectDir, path.data, [EXTENDS_KEY]);
  const plain = refuseNestedSecrets(value);
  return {
    layer: { source: path.data, value: plain.value },
    problems: [
      ...problems,
      ...plain.problems.map((problem) => ({ ...problem, source: path.data })),
    ],
  };
}

/** Whether a key may hold an encrypted value: the admin's password, or a secret of a `secretEnv`. */
export function mayBeSecret(key: string): boolean {
  return key === ADMIN_PASSWORD_KEY || !STACK_KEYS.includes(key);
}
