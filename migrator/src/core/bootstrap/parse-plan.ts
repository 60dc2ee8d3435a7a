import type { AdminPlan, BootstrapPlan, DatabasePlan, LoginPlan } from "../../contract.ts";
import { type Environment, variable } from "../connection/connection-parts.ts";
import { messageOf, usageError } from "../migrator-error.ts";
import { passwordsIn } from "./admin-password.ts";

/**
 * Postgres cuts longer names without an error, so that two could become one.
 * Source: NAMEDATALEN - 1, "Identifiers and Key Words" of the manual.
 */
const NAME_BYTES = 63;

/** Databases that a server comes with. */
const TAKEN_DATABASES = new Set(["postgres", "template0", "template1"]);

/** Words that are no role names even when quoted. Source: `check_role` and `RoleSpec` in Postgres. */
const TAKEN_ROLES = new Set(["public", "none"]);

/**
 * Parses a plan strictly: an unknown key, a missing one, a name that Postgres would cut or misread and a
 * password that is not there are all reported together, before anything is touched.
 *
 * @throws MigratorError of kind `usage`.
 */
export function parsePlan(text: string, env: Environment): BootstrapPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError("bootstrap plan", [`it is not JSON: ${messageOf(error)}`]);
  }
  return checkPlan(value, env);
}

/** Checks a plan that is an object already. */
export function checkPlan(value: unknown, env: Environment): BootstrapPlan {
  const reader = new PlanReader(env);
  const plan = reader.plan(value);
  if (reader.problems.length > 0 || plan === null)
    throw usageError("bootstrap plan", reader.problems);
  return plan;
}

class PlanReader {
  readonly problems: string[] = [];
  readonly #env: Environment;
  readonly #roles = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  plan(value: unknown): BootstrapPlan | null {
    const fields = this.#object(value, "plan", ["format", "logins"], ["database", "admin"]);
    if (fields === null) return null;
    if (fields["format"] !== 1) this.problems.push("format: must be 1");
    const database = fields["database"] === undefined ? null : this.#database(fields["database"]);
    const logins = this.#array(fields["logins"], "logins").map((login, index) =>
      this.#login(login, `logins[${index}]`),
    );
    const admin = fields["admin"] === undefined ? null : this.#admin(fields["admin"]);
    return {
      format: 1,
      ...(database === null ? {} : { database }),
      logins: logins.filter((login) => login !== null),
      ...(admin === null ? {} : { admin }),
    };
  }

  #database(value: unknown): DatabasePlan | null {
    const keys = ["name", "owner", "migrator", "app", "readonly", "extensions"];
    const fields = this.#object(value, "database", keys, ["migratorPasswordEnv"]);
    if (fields === null) return null;
    const name = this.#name(fields["name"], "database.name");
    if (TAKEN_DATABASES.has(name)) {
      this.problems.push(`database.name: ${name} is the server's own; choose another name`);
    }
    return {
      name,
      owner: this.#role(fields["owner"], "database.owner"),
      migrator: this.#role(fields["migrator"], "database.migrator"),
      app: this.#role(fields["app"], "database.app"),
      readonly: this.#role(fields["readonly"], "database.readonly"),
      ...(fields["migratorPasswordEnv"] === undefined
        ? {}
        : {
            migratorPasswordEnv: this.#password(
              fields["migratorPasswordEnv"],
              "database.migratorPasswordEnv",
            ),
          }),
      extensions: this.#array(fields["extensions"], "database.extensions").map((extension, index) =>
        this.#name(extension, `database.extensions[${index}]`),
      ),
    };
  }

  #login(value: unknown, path: string): LoginPlan | null {
    const required = ["role", "canLogin", "memberOf", "passwordEnv"];
    const fields = this.#object(value, path, required, ["generation", "graceSeconds"]);
    if (fields === null) return null;
    const generation = this.#count(fields["generation"], `${path}.generation`);
    const graceSeconds = this.#count(fields["graceSeconds"], `${path}.graceSeconds`);
    const { canLogin } = fields;
    if (typeof canLogin !== "boolean")
      this.problems.push(`${path}.canLogin: must be true or false`);
    return {
      role: this.#role(fields["role"], `${path}.role`),
      canLogin: canLogin === true,
      memberOf: this.#array(fields["memberOf"], `${path}.memberOf`).map((group, index) =>
        this.#name(group, `${path}.memberOf[${index}]`),
      ),
      passwordEnv: this.#password(fields["passwordEnv"], `${path}.passwordEnv`),
      ...(generation === undefined ? {} : { generation }),
      ...(graceSeconds === undefined ? {} : { graceSeconds }),
    };
  }

  #admin(value: unknown): AdminPlan | null {
    const fields = this.#object(value, "admin", ["passwordEnv", "previousEnv"], []);
    if (fields === null) return null;
    const previousEnv = this.#password(fields["previousEnv"], "admin.previousEnv");
    try {
      passwordsIn(this.#env, previousEnv);
    } catch {
      // The text itself is secret, and so is what a parser would say of it.
      this.problems.push(`admin.previousEnv: ${previousEnv} must hold a JSON list of passwords`);
    }
    return {
      passwordEnv: this.#password(fields["passwordEnv"], "admin.passwordEnv"),
      previousEnv,
    };
  }

  #count(value: unknown, path: string): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    this.problems.push(`${path}: must be a whole number, 1 or more`);
    return undefined;
  }

  #object(
    value: unknown,
    path: string,
    required: readonly string[],
    optional: readonly string[],
  ): Readonly<Record<string, unknown>> | null {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.problems.push(`${path}: must be an object`);
      return null;
    }
    for (const key of required) {
      if (!(key in value)) this.problems.push(`${path}: ${key} is missing`);
    }
    for (const key of Object.keys(value)) {
      if (![...required, ...optional].includes(key)) {
        this.problems.push(
          `${path}: ${key} is unknown; allowed are ${[...required, ...optional].join(", ")}`,
        );
      }
    }
    return Object.fromEntries(Object.entries(value));
  }

  #array(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== undefined) this.problems.push(`${path}: must be a list`);
    return [];
  }

  #name(value: unknown, path: string): string {
    if (value === undefined) return "";
    if (typeof value !== "string" || value === "") {
      this.problems.push(`${path}: must be a name`);
      return "";
    }
    if (value.includes("\0")) this.problems.push(`${path}: holds a zero byte`);
    const bytes = Buffer.byteLength(value);
    if (bytes > NAME_BYTES) {
      this.problems.push(`${path}: ${value} has ${bytes} bytes; allowed are ${NAME_BYTES}`);
    }
    return value;
  }

  #role(value: unknown, path: string): string {
    const name = this.#name(value, path);
    if (name.startsWith("pg_") || TAKEN_ROLES.has(name)) {
      this.problems.push(`${path}: ${name} is reserved by Postgres; choose another name`);
    }
    const other = this.#roles.get(name);
    if (other !== undefined && name !== "") {
      this.problems.push(
        `${path}: ${name} is ${other} already; every role needs a name of its own`,
      );
    }
    this.#roles.set(name, path);
    return name;
  }

  #password(value: unknown, path: string): string {
    const name = this.#name(value, path);
    if (name !== "" && variable(this.#env, name) === undefined) {
      this.problems.push(`${path}: the variable ${name}, which holds the password, is not set`);
    }
    return name;
  }
}
