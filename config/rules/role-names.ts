import {
  databaseRoles,
  kubeName,
  PROJECT_NAME_MAX,
  serviceLogins,
  serviceNameMax,
} from "../names.ts";
import type { Path, Problem } from "../problem.ts";
import { databaseNameProblem, POSTGRES_NAME_BYTES } from "../schema/names.ts";
import { serviceName } from "../schema/service.ts";
import { type Checked, problem } from "./rule.ts";

interface Named {
  readonly name: string;
  readonly of: string;
  readonly path: Path;
}

/** Roles fit into Postgres' names and no two things share a name. */
export function checkNames(checked: Checked): readonly Problem[] {
  // A name that the schema refused already would only be reported twice.
  const databases = [...checked.databases].filter(
    (name) => databaseNameProblem(name) === undefined,
  );
  const services = [...checked.services].filter((name) => serviceName.safeParse(name).success);
  const withLogins = services.filter(
    (name) => Object.keys(checked.config.services[name]?.databases ?? {}).length > 0,
  );
  const roles = rolesOf(checked, databases, withLogins);
  return [
    ...databases.flatMap(tooLong),
    ...tooLongForJobs(checked.project, services),
    ...withLogins.flatMap(unusableLogin),
    ...collisions(roles, "role"),
    ...collisions(kubeNames(checked, databases, services), "Kubernetes name"),
    ...databases
      .filter((name) => name === checked.config.server?.admin.database)
      .map((name) =>
        problem(
          ["databases", name],
          "is also server.admin.database, which must exist before: give one of them another name",
        ),
      ),
  ];
}

function rolesOf(checked: Checked, databases: string[], services: string[]): Named[] {
  const admin = checked.config.server?.admin.user;
  return [
    ...(admin === undefined
      ? []
      : [{ name: admin, of: "the admin", path: ["server", "admin", "user"] }]),
    ...databases.flatMap((database) =>
      Object.values(databaseRoles(database)).map((name) => ({
        name,
        of: `database "${database}"`,
        path: ["databases", database],
      })),
    ),
    ...services.flatMap((service) =>
      Object.values(serviceLogins(service)).map((name) => ({
        name,
        of: `service "${service}"`,
        path: ["services", service],
      })),
    ),
  ];
}

/** Services and databases share one name space of Kubernetes: the objects that carry their names. */
function kubeNames(checked: Checked, databases: string[], services: string[]): Named[] {
  const kind = checked.config.server?.kind;
  const own = kind === "docker" || kind === "cluster";
  return [
    // The Service that leads to the server.
    ...(own ? [{ name: "postgres", of: "the server", path: ["server"] }] : []),
    ...services.map((name) => ({ name, of: `service "${name}"`, path: ["services", name] })),
    // Their ConfigMap is `<database>-schema`, their Secret `<database>-migrator`.
    ...databases.map((name) => ({
      name: `${kubeName(name, checked.project)}-migrator`,
      of: `database "${name}"`,
      path: ["databases", name],
    })),
  ];
}

function tooLong(database: string): Problem[] {
  const longest = databaseRoles(database).migrator;
  const bytes = Buffer.byteLength(longest);
  if (bytes <= POSTGRES_NAME_BYTES) return [];
  const room = POSTGRES_NAME_BYTES - (bytes - Buffer.byteLength(database));
  return [
    problem(
      ["databases", database],
      `its role "${longest}" has ${bytes} bytes and Postgres cuts names at ${POSTGRES_NAME_BYTES}: a database's name has at most ${room}`,
    ),
  ];
}

/** Names that would make the name of a Job, a label of its pods, too long. */
function tooLongForJobs(project: string, services: readonly string[]): Problem[] {
  if (project.length > PROJECT_NAME_MAX) {
    return [
      problem(
        [],
        `the project's name "${project}" in Pulumi.yaml has ${project.length} characters; names of Jobs begin with it and leave it at most ${PROJECT_NAME_MAX}`,
      ),
    ];
  }
  const max = serviceNameMax(project);
  return services
    .filter((name) => name.length > max)
    .map((name) =>
      problem(
        ["services", name],
        `has ${name.length} characters; names of Jobs leave a service of the project "${project}" at most ${max}`,
      ),
    );
}

/** Source: PostgreSQL, `CREATE ROLE`: names that begin with pg_ are reserved. */
function unusableLogin(service: string): Problem[] {
  const { active } = serviceLogins(service);
  return active.startsWith("pg_")
    ? [
        problem(
          ["services", service],
          `its login "${active}" begins with pg_, which Postgres keeps for its own roles: rename the service`,
        ),
      ]
    : [];
}

function collisions(names: readonly Named[], what: string): Problem[] {
  const first = new Map<string, Named>();
  return names.flatMap((named) => {
    const other = first.get(named.name);
    if (other === undefined) {
      first.set(named.name, named);
      return [];
    }
    return [
      problem(
        named.path,
        `its ${what} "${named.name}" is also that of ${other.of}: rename one of them`,
      ),
    ];
  });
}
