import * as pulumi from "@pulumi/pulumi";
import { ADMIN_PASSWORD_KEY, STACK_KEYS } from "./schema/platform.ts";
import { readStackFile, stackFileName } from "./stack-file.ts";
import { mayBeSecret, type StackValues } from "./stack-values.ts";
import { NESTED_SECRET } from "./yaml-file.ts";

/**
 * The stack's values as the engine hands them over. What is encrypted stays behind: of a structured
 * value with a secret in it the engine hands over plain text, so that such a value is taken from the
 * stack's file, without the secret, and refused.
 */
export async function readStackConfig(projectDir: string): Promise<StackValues> {
  const project = pulumi.getProject();
  const source = stackFileName(pulumi.getStack());
  const prefix = `${project}:`;
  const all = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => ({ key: key.slice(prefix.length), text, secret: isSecret(key) }));
  const tainted = all.filter(({ key, secret }) => secret && !mayBeSecret(key));
  const file =
    tainted.length === 0 ? undefined : await readStackFile(projectDir, project, pulumi.getStack());
  const plain = all.filter(({ key, secret }) => !secret && key !== ADMIN_PASSWORD_KEY);
  return {
    source,
    values: {
      ...Object.fromEntries(plain.map(({ key, text }) => [key, decode(text)])),
      ...Object.fromEntries(tainted.map(({ key }) => [key, file?.values[key] ?? {}])),
    },
    secrets: {
      encrypted: new Set(all.filter(({ secret }) => secret).map(({ key }) => key)),
      clear: new Set(
        all
          .filter(({ key, text, secret }) => !secret && mayBeSecret(key) && text !== "")
          .map(({ key }) => key),
      ),
    },
    problems: tainted.flatMap(({ key }) => nestedSecrets(key, file)),
  };
}

function nestedSecrets(key: string, file: StackValues | undefined): StackValues["problems"] {
  const found = (file?.problems ?? []).filter(({ path }) => path[0] === key);
  return found.length > 0 ? found : [{ path: [key], message: NESTED_SECRET }];
}

/** Objects and lists arrive as JSON, everything else as text. */
function decode(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * Whether the engine says that a value is secret or has a secret in it.
 *
 * @throws Error when the SDK no longer says so: to go on would be to take secrets for plain values
 */
function isSecret(key: string): boolean {
  const { runtime } = pulumi;
  if (!("isConfigSecret" in runtime) || typeof runtime.isConfigSecret !== "function") {
    throw new Error("this version of @pulumi/pulumi does not tell which values are secret");
  }
  return runtime.isConfigSecret(key) === true;
}

/** Values by key, for keys that may hold secrets and do. */
export function secretOutputs(
  keys: ReadonlySet<string>,
): Readonly<Record<string, pulumi.Output<string>>> {
  const config = new pulumi.Config();
  return Object.fromEntries(
    [...keys]
      .filter((key) => !STACK_KEYS.includes(key))
      .map((key) => [key, config.requireSecret(key)]),
  );
}
