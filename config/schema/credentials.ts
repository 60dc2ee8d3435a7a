import { z } from "zod";
import { CONNECTION_PARTS } from "../spec/connection.ts";
import { kubernetesName } from "./names.ts";
import { strict } from "./strict.ts";

/** Each generation of an admin's password is one more resource of the stack. */
const GENERATION_MAX = 999;

const wrongGeneration = `must be a whole number from 0 to ${GENERATION_MAX}, raised by one for each new password`;

/**
 * How often a password was renewed: raising it by one makes a new one.
 *
 * @param what whose password; the beginning of a sentence.
 */
export function passwordGeneration(what: string) {
  return z
    .int({ error: wrongGeneration })
    .min(0, { error: wrongGeneration })
    .max(GENERATION_MAX, { error: wrongGeneration })
    .default(0)
    .describe(`${what} Raise it by one for a new one, never lower it; default 0.`);
}

/** Parts of a connection that a Secret can hold: not what follows from the platform's own settings. */
const part = z.enum(CONNECTION_PARTS).exclude(["sslrootcert", "ssl"]);

/** Names of sets of keys that Secrets are known to have. Source of `basic-auth`: `kubernetes.io/basic-auth`. */
const KEY_SETS = {
  "basic-auth": { username: "username", password: "password" },
  url: { url: "DATABASE_URL" },
  pg: {
    host: "PGHOST",
    port: "PGPORT",
    database: "PGDATABASE",
    username: "PGUSER",
    password: "PGPASSWORD",
  },
} as const;

const secretKey = z.string().regex(/^[-._a-zA-Z0-9]+$/, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is no key of a Secret: letters, digits, hyphens, underscores and dots`,
});

const keys = z
  .union(
    [
      z.enum(["basic-auth", "url", "pg"]).transform((name) => ({ ...KEY_SETS[name] })),
      z.partialRecord(part, secretKey),
    ],
    {
      error: `must be basic-auth, url, pg, or a map of parts of the connection (${part.options.join(", ")}) to keys of the Secret`,
    },
  )
  .refine(
    (map: Readonly<Partial<Record<string, string>>>) =>
      map["url"] !== undefined || (map["username"] !== undefined && map["password"] !== undefined),
    { error: "must name a key for url, or one for username and one for password" },
  )
  .default({ ...KEY_SETS["basic-auth"] })
  .describe(
    "Which key of the Secret holds which part. basic-auth: username and password; url: DATABASE_URL; pg: PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD; or a map such as { url: uri }. What it leaves out comes from server. Default basic-auth.",
  );

/**
 * A Secret that somebody else keeps, in the namespace of the platform.
 *
 * @param what whose login is in it; the beginning of a sentence.
 */
export function existingSecret(what: string) {
  return strict({
    name: kubernetesName.describe("Its name, in the namespace of the platform."),
    keys,
  })
    .optional()
    .describe(
      `${what} from a Secret that exists (External Secrets, Sealed Secrets, SOPS, Vault) instead of a generated one: Tidegate then makes neither role nor password.`,
    );
}

export type ExistingSecretConfig = NonNullable<z.output<ReturnType<typeof existingSecret>>>;
