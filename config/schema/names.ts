import { z } from "zod";

/** Postgres cuts names at this many bytes. Source: NAMEDATALEN - 1, PostgreSQL "Identifiers". */
export const POSTGRES_NAME_BYTES = 63;

const DATABASE_PATTERN = /^[a-z]([a-z0-9_]*[a-z0-9])?$/;
const OWN_DATABASES: ReadonlySet<string> = new Set(["postgres", "template0", "template1"]);

/**
 * Why `name` cannot be the name of a database; `undefined` when it can. Reserved words (`user`,
 * `order`) can: every statement quotes names.
 */
export function databaseNameProblem(name: string): string | undefined {
  if (!DATABASE_PATTERN.test(name)) {
    if (DATABASE_PATTERN.test(name.toLowerCase())) {
      return `a database is not called ${JSON.stringify(name)}: with upper case every tool would have to quote it; call it "${name.toLowerCase()}"`;
    }
    return `a database is not called ${JSON.stringify(name)}: a name has lower-case letters, digits and underscores, begins with a letter and does not end with an underscore`;
  }
  if (name.startsWith("pg_")) {
    return `a database is not called "${name}": Postgres keeps names that begin with pg_ for its own roles`;
  }
  if (OWN_DATABASES.has(name)) {
    return `a database is not called "${name}": that one belongs to the server`;
  }
  return undefined;
}

/** Name of a database, as a key of `databases`. */
export const databaseName = z
  .string()
  .regex(DATABASE_PATTERN, { error: (issue) => databaseNameProblem(String(issue.input)) })
  .superRefine((name, ctx) => {
    const problem = databaseNameProblem(name);
    if (problem !== undefined && DATABASE_PATTERN.test(name)) {
      ctx.addIssue({ code: "custom", message: problem });
    }
  });

/** Name of a role that exists already, such as the admin's: anything that Postgres can quote. */
export const existingPostgresName = z
  .string()
  .min(1, { error: "must not be empty" })
  .refine((name) => Buffer.byteLength(name) <= POSTGRES_NAME_BYTES && !name.includes("\0"), {
    error: `must have at most ${POSTGRES_NAME_BYTES} bytes and no NUL`,
  });

/**
 * Name of an extension, as in `CREATE EXTENSION`.
 * Source: control files in `SHAREDIR/extension`; `uuid-ossp` has a hyphen.
 */
export const extensionName = z.string().regex(/^[a-z][a-z0-9_-]*$/, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is no name of an extension: lower-case letters, digits, underscores and hyphens, such as "pgcrypto" or "uuid-ossp"`,
});

/**
 * A DNS label that begins with a letter, as the name of a Kubernetes Service must.
 *
 * @param max greatest length; a Kubernetes name that is made of it gets a suffix
 */
export function dnsLabel(max: number) {
  return z.string().regex(new RegExp(`^[a-z]([-a-z0-9]{0,${max - 2}}[a-z0-9])?$`), {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is no name for Kubernetes: at most ${max} lower-case letters, digits and hyphens; it begins with a letter and does not end with a hyphen`,
  });
}

/** Name of a Kubernetes object: DNS subdomain, RFC 1123. */
export const kubernetesName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is no name of a Kubernetes object: lower-case letters, digits, hyphens and dots`,
  });

/** Name of an environment variable that every shell and Kubernetes accept. */
export const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is no name of an environment variable: letters, digits and underscores, not beginning with a digit`,
});

/** Host name or address, without scheme, port or path. */
export const hostName = z
  .string()
  .regex(/^([A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+)$/, {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is no host: give a name or an address, without scheme, port or path`,
  });

/** TCP port. */
export const port = z
  .int({
    error: (issue) => `${JSON.stringify(issue.input)} is no port: give a number from 1 to 65535`,
  })
  .min(1, { error: (issue) => `${String(issue.input)} is no port: 1 to 65535 are` })
  .max(65535, { error: (issue) => `${String(issue.input)} is no port: 1 to 65535 are` });

/** A file or folder below the project. */
export const projectPath = z
  .string()
  .min(1, { error: "must name a path" })
  .refine((path) => !path.startsWith("/") && !path.split(/[/\\]/).includes(".."), {
    error: (issue) =>
      `${JSON.stringify(issue.input)} leaves the project: give a path relative to Pulumi.yaml, without ".."`,
  });

/** A command without a shell: the program and its arguments. */
export const words = z.array(z.string()).min(1, {
  error: "must be a list: the program and its arguments",
});
