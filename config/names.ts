import { createHash } from "node:crypto";

/**
 * Greatest length of a database's name for Kubernetes. A Job's name is a label of its pods and may
 * have 63 characters (Kubernetes, "Labels": values); names made of it add `-migration-`, a digest
 * and the suffix that Pulumi generates.
 */
const KUBE_NAME_MAX = 30;

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

/** The two logins of a service; `-` is no letter of an unquoted name, so it becomes `_`. */
export function serviceLogins(service: string): {
  readonly active: string;
  readonly locked: string;
} {
  const stem = service.replaceAll("-", "_");
  return { active: `${stem}_a`, locked: `${stem}_b` };
}

/** A database's name as a DNS label; a long one is cut and told apart by a digest. */
export function kubeName(database: string): string {
  const label = database.replaceAll("_", "-");
  if (label.length <= KUBE_NAME_MAX) return label;
  const digest = createHash("sha256").update(database).digest("hex").slice(0, 8);
  return `${label.slice(0, KUBE_NAME_MAX - digest.length - 1).replace(/-+$/, "")}-${digest}`;
}
