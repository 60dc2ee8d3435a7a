import type { ConnectionTls } from "../connection-env.ts";
import { serviceDatabases } from "../service-databases.ts";
import type { Path, Problem } from "../problem.ts";
import type { ServiceConfig } from "../schema/service.ts";
import { checkAccount } from "./account.ts";
import { type Checked, problem } from "./rule.ts";

/** A service's variables are each set once, and its account and window mean something. */
export function checkServices({ config }: Checked): readonly Problem[] {
  const tls = {
    ca: config.server?.tls.ca !== undefined,
    serverName: config.server?.tls.serverName !== undefined,
  };
  const accounts = new Map<string, string>();
  return Object.entries(config.services).flatMap(([name, service]) => {
    const path = ["services", name];
    return [
      ...checkVariables(path, service, tls),
      ...checkAccount([...path, "serviceAccount"], service.serviceAccount, {
        name: service.serviceAccount.name ?? name,
        owner: `service "${name}"`,
        made: accounts,
      }),
      ...checkWindowShape([...path, "schema"], service),
    ];
  });
}

function checkVariables(path: Path, service: ServiceConfig, tls: ConnectionTls): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { database, env } of serviceDatabases(service, tls)) {
    for (const variable of Object.keys(env)) {
      const other = owners.get(variable);
      if (other !== undefined) {
        problems.push(
          problem(
            [...path, "databases", database],
            `its variable ${variable} is also set by the connection to ${other}: give one of them another prefix`,
          ),
        );
      }
      owners.set(variable, database);
    }
  }
  for (const variable of Object.keys(service.env)) {
    const database = owners.get(variable);
    if (database !== undefined) problems.push(clash([...path, "env", variable], database));
  }
  for (const variable of Object.keys(service.secretEnv)) {
    const at = [...path, "secretEnv", variable];
    const database = owners.get(variable);
    if (database !== undefined) problems.push(clash(at, database));
    if (Object.hasOwn(service.env, variable)) {
      problems.push(problem(at, "is also in env: keep one"));
    }
  }
  return problems;
}

function clash(path: Path, database: string): Problem {
  return problem(
    path,
    `is set by the connection to database "${database}": take it out, or give that connection a prefix`,
  );
}

/** A window without a database name needs exactly one database; one with names needs those. */
function checkWindowShape(path: Path, service: ServiceConfig): Problem[] {
  const { schema } = service;
  if (schema === undefined) return [];
  const used = Object.keys(service.databases);
  if (isSingleWindow(schema)) {
    if (used.length === 1) return [];
    return [
      problem(
        path,
        used.length === 0
          ? "needs a database that the service uses"
          : `must say which database it means, as the service uses ${used.length}: { ${used[0]}: { min, max } }`,
      ),
    ];
  }
  return Object.keys(schema)
    .filter((database) => !used.includes(database))
    .map((database) =>
      problem(
        [...path, database],
        `the service does not use a database "${database}" (it uses: ${used.join(", ") || "none"})`,
      ),
    );
}

/** Whether a window is `{ min, max }` rather than a map of such by database. */
export function isSingleWindow(
  schema: NonNullable<ServiceConfig["schema"]>,
): schema is { min?: string | undefined; max?: string | undefined } {
  return Object.values(schema).every((value) => value === undefined || typeof value === "string");
}
