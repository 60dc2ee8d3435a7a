import { ADMIN_PASSWORD_KEY } from "./schema/platform.ts";
import { mayBeSecret, type StackValues } from "./stack-values.ts";
import { isTree, sortKeys, type Tree } from "./tree.ts";
import { readYamlFile, refuseNestedSecrets } from "./yaml-file.ts";

/** Name of a stack's file. */
export function stackFileName(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

/**
 * The stack's values from its file, as `pulumi` would hand them over: keys of the project's
 * namespace, objects sorted by key, what is encrypted left out.
 */
export async function readStackFile(
  projectDir: string,
  project: string,
  stack: string,
): Promise<StackValues> {
  const source = stackFileName(stack);
  const file = await readYamlFile(projectDir, source, []);
  const config = isTree(file.value["config"]) ? file.value["config"] : {};
  const prefix = `${project}:`;
  const own = Object.entries(config)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  const encrypted = own.filter(([key, value]) => mayBeSecret(key) && isEncrypted(value));
  const plain = own.filter(([key, value]) => !(mayBeSecret(key) && isEncrypted(value)));
  const { value, problems } = refuseNestedSecrets(Object.fromEntries(plain));
  const { [ADMIN_PASSWORD_KEY]: inClear, ...values } = value;
  return {
    source,
    values: sorted(values),
    secrets: {
      encrypted: new Set(encrypted.map(([key]) => key)),
      clear: new Set([
        ...(inClear === undefined || inClear === "" ? [] : [ADMIN_PASSWORD_KEY]),
        ...Object.keys(values).filter(mayBeSecret),
      ]),
    },
    problems: [...file.problems, ...problems].map((problem) => ({ ...problem, source })),
  };
}

function isEncrypted(value: unknown): boolean {
  return isTree(value) && typeof value["secure"] === "string";
}

function sorted(values: Tree): Tree {
  const result = sortKeys(values);
  return isTree(result) ? result : {};
}
