import type { BootstrapPlan } from "@tidegate/migrator/contract";
import {
  bootstrapPlanOf,
  loginPasswordEnv,
  MIGRATOR_PASSWORD_ENV,
} from "../../config/access-plan.ts";
import type { DatabaseSpec, PlatformSpec } from "../../config/spec.ts";
import {
  type ComposeFile,
  type ComposeService,
  type Condition,
  HARDENED,
  literal,
} from "./compose-file.ts";
import { UserError } from "../user-error.ts";
import { buildConnection, HOST, PORT } from "./compose-connection.ts";
import { imageOf } from "./compose-image.ts";
import { ADMIN_PASSWORD, passwordOf } from "./compose-passwords.ts";
import { buildComposeService } from "./compose-service.ts";
import { buildTool } from "./compose-tool.ts";
import { heldBackTo } from "../standing-rollback.ts";

/** Folder of the delivered migrations, beside the Compose file; the sub-folders are the databases'. */
export const MIGRATIONS_FOLDER = ".tidegate/compose";

/** Port on 127.0.0.1 where nobody says otherwise: that of the stack's container, which it replaces here. */
const PUBLISHED_PORT = 15432;

/** How much earlier than its deadline a Job's runner gives up; the same here, in seconds. */
const REPORT_SECONDS = 30;

/**
 * The platform as a Compose file: Postgres, per database a container that makes it and one that migrates
 * it, per service one that makes its logins, and the services behind all that they need.
 *
 * @throws UserError where a service has the name of one of these, or a rollback stands of which only the
 *   stack's database knows the version
 */
export function buildCompose(spec: PlatformSpec): ComposeFile {
  const entries: [string, ComposeService][] = [[HOST, buildPostgres(spec)]];
  for (const database of spec.databases) {
    entries.push([bootstrapName(database), buildBootstrap(spec, database)]);
    entries.push([migrateName(database), buildMigrate(spec, database)]);
  }
  for (const service of spec.services) {
    const used = spec.databases.filter(({ name }) =>
      service.databases.some(({ database }) => database === name),
    );
    const held = spec.databases.filter(
      (database) => used.includes(database) || service.waitsFor.includes(database.name),
    );
    const login = `${service.name}-login`;
    if (used.length > 0) entries.push([login, buildLogin(spec, service, used)]);
    entries.push([
      service.name,
      buildComposeService(spec, service, {
        ...after(held.map(migrateName), "service_completed_successfully"),
        ...after(used.length > 0 ? [login] : [], "service_completed_successfully"),
        ...after(service.after, "service_started"),
      }),
    ]);
  }
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UserError(
      `two containers would be called "${twice}", of which the platform needs one itself: rename the service`,
    );
  }
  return { services: Object.fromEntries(entries), volumes: { postgres: {} } };
}

function buildPostgres({ server }: PlatformSpec): ComposeService {
  const { user, database } = server.admin;
  return {
    image: server.docker?.image ?? server.cluster?.image ?? `postgres:${server.version}`,
    environment: {
      POSTGRES_USER: user,
      POSTGRES_DB: database,
      POSTGRES_PASSWORD: ADMIN_PASSWORD,
    },
    // From 18 on the official image keeps its data in a folder per major version below this one.
    volumes: [`postgres:/var/lib/postgresql${server.version >= 18 ? "" : "/data"}`],
    ports: [
      `127.0.0.1:\${POSTGRES_PORT:-${server.docker?.publishedPort ?? PUBLISHED_PORT}}:${PORT}`,
    ],
    // Over TCP: while the image initialises, its temporary server listens on the socket only.
    healthcheck: {
      test: ["CMD", "pg_isready", "--host=127.0.0.1", `--username=${user}`],
      interval: "5s",
      timeout: "5s",
      retries: 24,
    },
    restart: "unless-stopped",
  };
}

function buildBootstrap(spec: PlatformSpec, database: DatabaseSpec): ComposeService {
  return buildRunner(
    spec,
    ["bootstrap"],
    {
      ...adminEnvironment(spec, bootstrapPlanOf({ database })),
      [MIGRATOR_PASSWORD_ENV]: passwordOf(database.roles.migrator),
    },
    after([HOST], "service_healthy"),
  );
}

function buildMigrate(spec: PlatformSpec, database: DatabaseSpec): ComposeService {
  const before = spec.databases.filter(({ name }) => database.after.includes(name));
  const dependsOn = after(
    [bootstrapName(database), ...before.map(migrateName)],
    "service_completed_successfully",
  );
  const folder = `./${MIGRATIONS_FOLDER}/${database.kubeName}`;
  if (database.runner !== undefined) {
    return buildTool(database, database.runner, folder, dependsOn);
  }
  const { migrator } = database.roles;
  return {
    ...buildRunner(
      spec,
      buildCommand(database),
      {
        ...literals(database.env),
        ...buildConnection({ database: database.name, username: migrator }),
      },
      dependsOn,
    ),
    volumes: [`${folder}:/migrations:ro`],
  };
}

/** What the runner is told: as much as a Job's, whoever migrates the database in the cluster. */
function buildCommand(database: DatabaseSpec): readonly string[] {
  const to = heldBackTo(database);
  if (to === null) return ["wait", "--expect-owner"];
  return [
    "up",
    ...(to === undefined ? [] : ["--to", to]),
    "--ahead",
    database.ahead,
    ...(database.outOfOrder ? ["--out-of-order"] : []),
    "--expect-owner",
    "--deadline",
    String(database.deadlineSeconds - REPORT_SECONDS),
    "--retries",
    String(database.retries),
  ];
}

function buildLogin(
  spec: PlatformSpec,
  service: PlatformSpec["services"][number],
  used: readonly DatabaseSpec[],
): ComposeService {
  const plan = bootstrapPlanOf({ services: [service] });
  const passwords = plan.logins.map(
    ({ role }) => [loginPasswordEnv(role), passwordOf(role)] as const,
  );
  return buildRunner(
    spec,
    ["bootstrap"],
    {
      ...adminEnvironment(spec, plan),
      ...Object.fromEntries(passwords),
    },
    // Its groups belong to the databases.
    after(used.map(bootstrapName), "service_completed_successfully"),
  );
}

/** A container of the runner's image that ends when its work is done. */
function buildRunner(
  spec: PlatformSpec,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  dependsOn: NonNullable<ComposeService["depends_on"]>,
): ComposeService {
  return {
    ...imageOf(spec.images.migrator),
    command,
    environment,
    depends_on: dependsOn,
    restart: "no",
    ...HARDENED,
  };
}

function adminEnvironment(
  { server }: PlatformSpec,
  plan: BootstrapPlan,
): Readonly<Record<string, string>> {
  const { user: username, database } = server.admin;
  return {
    ...buildConnection({ database, username, password: ADMIN_PASSWORD }),
    BOOTSTRAP_PLAN: literal(JSON.stringify(plan)),
  };
}

function after(
  names: readonly string[],
  condition: Condition,
): Readonly<Record<string, { readonly condition: Condition }>> {
  return Object.fromEntries(names.map((name) => [name, { condition }]));
}

function literals(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, literal(text)]));
}

function bootstrapName({ kubeName }: DatabaseSpec): string {
  return `${kubeName}-bootstrap`;
}

/** Name of the container that migrates a database. */
function migrateName({ kubeName }: Pick<DatabaseSpec, "kubeName">): string {
  return `${kubeName}-migrate`;
}
