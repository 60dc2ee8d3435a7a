import type { Problem } from "../problem.ts";
import { ADMIN_PASSWORD_KEY, STACK_KEYS } from "../schema/platform.ts";
import { type Checked, problem } from "./rule.ts";

/** Which keys of the stack hold a value, encrypted or in clear; never the values. */
export interface SecretKeys {
  readonly encrypted: ReadonlySet<string>;
  readonly clear: ReadonlySet<string>;
}

/** Every secret that the platform needs is set, and encrypted. */
export function checkSecrets({ config }: Checked, keys: SecretKeys): readonly Problem[] {
  const webhook = config.notifications?.webhook;
  const ofEnvironments = [
    ...Object.entries(config.services).map(([service, { secretEnv }]) => ({
      secretEnv,
      path: ["services", service, "secretEnv"],
    })),
    ...Object.entries(config.databases).map(([database, { runner }]) => ({
      secretEnv: runner?.secretEnv ?? {},
      path: ["databases", database, "runner", "secretEnv"],
    })),
  ].flatMap(({ secretEnv, path }) =>
    Object.entries(secretEnv).map(([variable, key]) => ({ key, path: [...path, variable] })),
  );
  const references = [
    ...ofEnvironments,
    ...(webhook === undefined ? [] : [{ key: webhook, path: ["notifications", "webhook"] }]),
  ];
  return [
    ...adminPassword(config.server, keys),
    ...references.flatMap(({ key, path }) => {
      if (STACK_KEYS.includes(key)) {
        return [
          problem(path, `"${key}" is a key of the platform: give the secret a name of its own`),
        ];
      }
      if (keys.encrypted.has(key)) return [];
      return [problem(path, keys.clear.has(key) ? inClear(key) : missing(key))];
    }),
    ...unused(
      references.map(({ key }) => key),
      keys,
    ),
  ];
}

function adminPassword(server: Checked["config"]["server"], keys: SecretKeys): Problem[] {
  const path = [ADMIN_PASSWORD_KEY];
  if (keys.clear.has(ADMIN_PASSWORD_KEY)) return [problem(path, inClear(ADMIN_PASSWORD_KEY))];
  if (server?.admin.existingSecret !== undefined) return [];
  return server?.kind === "external" && !keys.encrypted.has(ADMIN_PASSWORD_KEY)
    ? [problem(path, missing(ADMIN_PASSWORD_KEY))]
    : [];
}

/** A secret that nothing reads is a key with a typing error. */
function unused(used: readonly string[], { encrypted }: SecretKeys): Problem[] {
  return [...encrypted]
    .filter((key) => !STACK_KEYS.includes(key) && !used.includes(key))
    .map((key) =>
      problem(
        [key],
        "is a secret that neither a secretEnv nor notifications.webhook names: name it there, or take it out with pulumi config rm",
      ),
    );
}

function missing(key: string): string {
  return `is not set: pulumi config set --secret ${key}`;
}

function inClear(key: string): string {
  return `"${key}" is stored in clear: pulumi config set --secret ${key} encrypts it; then change the secret itself, as it was readable`;
}
