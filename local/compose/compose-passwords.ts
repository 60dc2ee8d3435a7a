import type { PlatformSpec } from "../../config/spec.ts";
import { required } from "./compose-file.ts";

/** Variable of the admin's password. */
const ADMIN = "PASSWORD_ADMIN";

/** How whoever lacks a password gets it. */
const HOW = "npm run compose writes it into .env";

/** Variable of a role's password. */
function variableOf(role: string): string {
  return `PASSWORD_${role.toUpperCase()}`;
}

/** A reference to a role's password, which is never in the file itself. */
export function passwordOf(role: string): string {
  return required(variableOf(role), HOW);
}

/** The same for the admin. */
export const ADMIN_PASSWORD = required(ADMIN, HOW);

/** Every variable that has to be in `.env`, in the order of the spec. */
export function passwordVariables(spec: PlatformSpec): readonly string[] {
  return [
    ADMIN,
    ...spec.databases.map(({ roles }) => variableOf(roles.migrator)),
    ...spec.services.flatMap(({ logins }) =>
      logins === undefined ? [] : [variableOf(logins.active), variableOf(logins.locked)],
    ),
  ];
}
