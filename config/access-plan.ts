import type { BootstrapPlan, DatabasePlan, LoginPlan } from "@tidegate/migrator/contract";
import { databaseRoles, loginSuffixes } from "./names.ts";
import type { DatabaseSpec, ServiceSpec } from "./spec.ts";

/** Variable that holds the migrator's password or verifier; one plan has at most one database. */
export const MIGRATOR_PASSWORD_ENV = "MIGRATOR_PASSWORD";

/** Variable that holds the password or verifier of a service's login. */
export function loginPasswordEnv(role: string): string {
  return `LOGIN_PASSWORD_${role.toUpperCase()}`;
}

/** A database and its roles, as every way of provisioning makes them. */
export function databasePlan(
  database: Pick<DatabaseSpec, "name" | "roles" | "extensions">,
): DatabasePlan {
  return {
    name: database.name,
    ...database.roles,
    migratorPasswordEnv: MIGRATOR_PASSWORD_ENV,
    extensions: database.extensions,
  };
}

/**
 * The two logins of a service, the one in use first: members of exactly the groups that its
 * databases give it. Empty for a service without a database.
 */
export function loginPlans(
  service: Pick<ServiceSpec, "logins" | "databases" | "passwordGeneration">,
): LoginPlan[] {
  if (service.logins === undefined) return [];
  const memberOf = service.databases.map(({ database, role }) => databaseRoles(database)[role]);
  const { active, locked } = service.logins;
  const { passwordGeneration: generation } = service;
  const plan = (role: string, canLogin: boolean): LoginPlan => ({
    role,
    canLogin,
    memberOf,
    passwordEnv: loginPasswordEnv(role),
    ...(generation !== undefined && { generation }),
  });
  return [plan(active, true), plan(locked, false)];
}

/**
 * The generation in which one of a service's two logins got the password that it has: the newest one in
 * which it was in use, or 0, its first.
 *
 * @param generation of the service's password.
 */
export function loginGeneration(suffix: "a" | "b", generation: number): number {
  const [active] = loginSuffixes(generation);
  return active === suffix ? generation : Math.max(generation - 1, 0);
}

/**
 * One run of `bootstrap`: a database, or the logins of services, or both. Logins need the groups of
 * all their databases, so that with several databases their run comes after those.
 */
export function bootstrapPlanOf(parts: {
  readonly database?: Pick<DatabaseSpec, "name" | "roles" | "extensions">;
  readonly services?: readonly Pick<ServiceSpec, "logins" | "databases">[];
}): BootstrapPlan {
  return {
    format: 1,
    ...(parts.database !== undefined && { database: databasePlan(parts.database) }),
    logins: (parts.services ?? []).flatMap(loginPlans),
  };
}
