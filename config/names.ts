import { createHash } from "node:crypto";

/** A Job's name is a label of its pods. Source: Kubernetes, "Labels and Selectors": 63 characters. */
const JOB_NAME_MAX = 63;

/** What Pulumi adds to a resource without a name: a hyphen and eight hex digits. */
const AUTONAME = "-01234567";

/** A CronJob's name gets eleven characters more in its Jobs. Source: Kubernetes, "CronJob": 52 characters. */
const CRON_JOB_NAME_MAX = 52;

/**
 * Greatest length of a database's name for Kubernetes: its longest Job's is
 * `<project>-<database>-migration-job`, and what Pulumi adds; its longest CronJob's is
 * `<database>-migrate-manual`.
 */
function kubeNameMax(project: string): number {
  return Math.min(
    JOB_NAME_MAX - `${project}--migration-job${AUTONAME}`.length,
    CRON_JOB_NAME_MAX - "-migrate-manual".length,
  );
}

/** Greatest length of a service's name: its longest Job's is `<project>-<service>-login-bootstrap`. */
export function serviceNameMax(project: string): number {
  return JOB_NAME_MAX - `${project}--login-bootstrap${AUTONAME}`.length;
}

/** Greatest length of a project's name: one that leaves a database 19 characters. */
export const PROJECT_NAME_MAX = 20;

/** The roles that belong to a database. */
export interface DatabaseRoles {
  readonly owner: string;
  readonly migrator: string;
  readonly app: string;
  readonly readonly: string;
}

/** The names of a database's roles, made of its own. */
export function databaseRoles(database: string): DatabaseRoles {
  return {
    owner: `${database}_owner`,
    migrator: `${database}_migrator`,
    app: `${database}_app`,
    readonly: `${database}_readonly`,
  };
}

/**
 * The two logins of a service, which alternate with each generation of its password; `-` is no letter of
 * an unquoted name, so it becomes `_`.
 *
 * @param generation of the password; 0 is the first.
 */
export function serviceLogins(
  service: string,
  generation = 0,
): {
  readonly active: string;
  readonly locked: string;
} {
  const stem = service.replaceAll("-", "_");
  const [active, locked] = loginSuffixes(generation);
  return { active: `${stem}_${active}`, locked: `${stem}_${locked}` };
}

/** `a` and `b`, the one in use first. */
export function loginSuffixes(generation: number): readonly ["a" | "b", "a" | "b"] {
  return generation % 2 === 0 ? ["a", "b"] : ["b", "a"];
}

/** A database's name as a DNS label; one that is too long for Jobs is cut and told apart by a digest. */
export function kubeName(database: string, project: string): string {
  const label = database.replaceAll("_", "-");
  const max = kubeNameMax(project);
  if (label.length <= max) return label;
  const digest = createHash("sha256").update(database).digest("hex").slice(0, 8);
  return `${label.slice(0, max - digest.length - 1).replace(/-+$/, "")}-${digest}`;
}
