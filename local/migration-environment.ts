import type { LocalPlatform } from "./select-services.ts";
import { UserError } from "./user-error.ts";

/**
 * The variables of all databases' migrations (`databases.<name>.env`) in one: here the runner works for
 * all databases in this process, and a migration reads `process.env`.
 *
 * @throws UserError where two databases give one variable different values
 */
export function migrationEnvironment(
  databases: LocalPlatform["databases"],
): Readonly<Record<string, string>> {
  const given = new Map<string, { readonly database: string; readonly value: string }>();
  for (const { name: database, env } of databases) {
    for (const [name, value] of Object.entries(env)) {
      const other = given.get(name);
      if (other !== undefined && other.value !== value) {
        throw new UserError(
          `databases ${other.database} and ${database} give ${name} different values in their env, and npm run dev migrates both in one process: name it differently, or run one of them with --only`,
        );
      }
      given.set(name, { database, value });
    }
  }
  return Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
}
