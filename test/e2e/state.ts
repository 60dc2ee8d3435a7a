/** What scenarios read of a resource in the state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly initErrors?: readonly string[];
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/**
 * The admin's password in a state that was exported with its secrets.
 *
 * @param generation how often it was renewed.
 */
export function adminPassword(
  resources: readonly StateResource[],
  generation: number,
): string | undefined {
  const name =
    generation === 0 ? "-postgres-admin-password" : `-postgres-admin-renewed-${generation}-value`;
  const password = resources.find(({ urn }) => urn.endsWith(name))?.outputs?.["result"];
  return typeof password === "object" && password !== null && "plaintext" in password
    ? (JSON.parse(String(password.plaintext)) as string)
    : undefined;
}
