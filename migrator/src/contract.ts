/**
 * The whole contract between the runner and whoever starts it: a Kubernetes Job made by
 * `components/`, `npm run dev`, or `docker run`. It holds types and constants only, so that both
 * sides can import it without importing each other.
 *
 * - Image: the entry point is the runner; a container gives it `args` only.
 * - Connection: `DATABASE_URL`, or `PG*`, or `POSTGRES_*`, or `DB_*`; the first complete set wins and
 *   two sets that disagree are an error. `wait --schema PREFIX=FILE` reads the same names behind
 *   `PREFIX_`.
 * - Exit codes: {@link EXIT}.
 * - Verdict: when {@link ENV.terminationMessagePath} is set, the runner writes what it did, or why it
 *   could not, to that file: at most {@link TERMINATION_MESSAGE_BYTES} bytes, never a secret.
 */

/** The exit codes of every command. */
export const EXIT = {
  /** What was asked for is so. */
  done: 0,
  /** It is not; the reason was printed and left in the termination message. */
  failed: 1,
  /** Wrong use: unknown option, bad folder, no connection given. Nothing was touched. */
  usage: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The environment variables that the runner reads besides the connection. */
export const ENV = {
  /** Folder of migrations; `--migrations` wins over it. */
  migrationsDir: "MIGRATIONS_DIR",
  /** File for the verdict. Unset: no verdict is written. */
  terminationMessagePath: "TERMINATION_MESSAGE_PATH",
  /** Commit recorded in the history. Unset: none is recorded. */
  gitCommit: "GIT_COMMIT",
  /**
   * Name of the pod, recorded in the history; a Job sets it from `metadata.name`. Unset: `HOSTNAME`,
   * which is the pod's name too unless the pod sets another. Neither: none is recorded.
   */
  podName: "POD_NAME",
  hostname: "HOSTNAME",
  /**
   * The database's key under `databases` of a stack's configuration; a Job that Pulumi makes sets it.
   * Advice then names that key and `pulumi up`. Unset: it names the runner's options.
   */
  stackDatabase: "TIDEGATE_DATABASE",
  /**
   * Whether a service that migrates as it starts (`migrateAtStartup`) does so: `true` or `1`, `false` or
   * `0`. Unset: it does.
   */
  runMigrations: "RUN_MIGRATIONS",
  /** The plan of `bootstrap`, as JSON: {@link BootstrapPlan}. `--plan FILE` wins over it. */
  bootstrapPlan: "BOOTSTRAP_PLAN",
  /**
   * The name that the server's certificate must carry, where it is not the host's. Read with the
   * prefix of the connection, like all its other names.
   */
  tlsServerName: "PGTLSSERVERNAME",
  /** URL of a Slack-compatible webhook that hears of changes and failures; a secret. Unset: nobody does. */
  notifyWebhook: "NOTIFY_WEBHOOK_URL",
  /** What it hears of: `success`, `failure` or both with a comma. Unset: both. */
  notifyOn: "NOTIFY_ON",
  /** What the message is about, such as the stack and the database. Unset: nothing is said. */
  notifySubject: "NOTIFY_SUBJECT",
} as const;

/**
 * Kubernetes keeps this much of a termination message.
 * Source: `terminationMessagePath` in the Kubernetes container API, 4096 bytes.
 */
export const TERMINATION_MESSAGE_BYTES = 4096;

/** Name of the table that records what was applied; it lives in the schema `public`. */
export const HISTORY_TABLE = "migration_history";

/** Name of the table beside it that logs what was done, failures and ways down included. */
export const EVENTS_TABLE = "migration_events";

/**
 * Files in the folder of `wait --backup` and `up --backup`, by which containers of one pod agree on a
 * backup: `wait` leaves `wanted` where something is pending; whoever takes the backup leaves `done` with
 * its name, or `failed` with the reason; `up` refuses to run where one is wanted and not done.
 */
export const BACKUP_FILES = {
  wanted: "backup.wanted",
  done: "backup.done",
  failed: "backup.failed",
} as const;

/**
 * What the pod's gate (`wait --schema`) waits for: the ConfigMap `<database>-schema`, as the file
 * {@link SCHEMA_FILE}.
 */
export interface SchemaRequirement {
  /** 2 where {@link SchemaRequirement.history} is given: a runner that would overlook it refuses the file. */
  readonly format: 1 | 2;
  /** The database's name, for messages. */
  readonly database: string;
  /** The command that brings the schema there, printed while the gate waits. */
  readonly command: string;
  /** Names of all expand migrations since the last baseline, in order. */
  readonly migrations: readonly string[];
  /**
   * `applied`: a rollback of the last batch stands, and only the database knows which that was: of
   * `migrations` those are waited for that are not newer than the newest that is applied. Absent: all.
   */
  readonly upTo?: "applied";
  /** Another tool's own table, which is read instead of `migration_history`; absent: the runner's. */
  readonly history?: ForeignHistoryRequirement;
}

/** The tools besides the runner whose own history the gate reads. */
export const FOREIGN_TOOLS = ["drizzle", "knex", "alembic"] as const;

export type ForeignTool = (typeof FOREIGN_TOOLS)[number];

/** How the migrations of a {@link SchemaRequirement} are found in another tool's history. */
export interface ForeignHistoryRequirement {
  readonly tool: ForeignTool;
  /** `TABLE` or `SCHEMA.TABLE`, where the tool's settings name another than its default. */
  readonly table?: string;
  /** Drizzle: the journal's `when` (milliseconds since 1970) by name; its history has no names. */
  readonly when?: Readonly<Record<string, number>>;
  /** Alembic: the revisions that each one comes after; its history has the newest only. */
  readonly parents?: Readonly<Record<string, readonly string[]>>;
}

/** File name (and ConfigMap key) of a {@link SchemaRequirement}. */
export const SCHEMA_FILE = "schema.json";

/**
 * In front of the connection with which a service migrates as it starts (`migrateAtStartup`), and of
 * its {@link ENV.migrationsDir}: `MIGRATOR_PGHOST`, `MIGRATOR_MIGRATIONS_DIR`. A service that migrates
 * several databases has each database's name in front of that.
 */
export const STARTUP_PREFIX = "MIGRATOR_";

/**
 * Which versions of services may be connected while a contract migration runs (`up --services FILE`):
 * the ConfigMap `<database>-contract-services`, as the file {@link SERVICES_FILE}.
 */
export interface ServiceVersions {
  readonly format: 1;
  /** The command that shows the services' pods, printed when the run is refused. */
  readonly command: string;
  readonly services: readonly ServiceVersion[];
}

/** The version of a service that is deployed. */
export interface ServiceVersion {
  readonly name: string;
  /** Every role that it may be logged in as. */
  readonly logins: readonly string[];
  /**
   * The `application_name` of its connections, `<service>@<version>`; at most 63 bytes, as Postgres
   * cuts it there. A connection of one of its logins under any other name is an older version's.
   */
  readonly applicationName: string;
}

/** File name (and ConfigMap key) of {@link ServiceVersions}. */
export const SERVICES_FILE = "services.json";

/**
 * What `bootstrap` brings about: at most one database with its roles, and any number of service
 * logins. Every step is idempotent; nothing that exists is dropped.
 */
export interface BootstrapPlan {
  readonly format: 1;
  readonly database?: DatabasePlan;
  readonly logins: readonly LoginPlan[];
  /** Where it is there, the connection's own password is set first. */
  readonly admin?: AdminPlan;
}

/** One database and the roles that belong to it. */
export interface DatabasePlan {
  readonly name: string;
  /** Owns the database, the schema and every object; cannot log in. */
  readonly owner: string;
  /** Logs in for migrations and acts as the owner (`ALTER ROLE … SET role`). */
  readonly migrator: string;
  /** Group that reads and writes rows and uses sequences. */
  readonly app: string;
  /** Group that reads. */
  readonly readonly: string;
  /**
   * Name of the environment variable that holds the migrator's password or SCRAM verifier. Absent: that
   * login is somebody else's and left alone.
   */
  readonly migratorPasswordEnv?: string;
  /** Extensions that the admin creates. */
  readonly extensions: readonly string[];
}

/** One login of a service. */
export interface LoginPlan {
  readonly role: string;
  /** `false` locks the role (`NOLOGIN`) and keeps its password. */
  readonly canLogin: boolean;
  /** The exact set of group roles; membership in any other group is revoked. */
  readonly memberOf: readonly string[];
  /** Name of the environment variable that holds its password or SCRAM verifier. */
  readonly passwordEnv: string;
  /**
   * How often the password was renewed, 1 or more; absent: never. It is kept as the role's comment, so
   * that a login that pods may still use never gets another password.
   */
  readonly generation?: number;
  /**
   * How long a login that is still open stays so before it is locked, in seconds: pods on their way out
   * use it to their end. Absent: it is locked at once.
   */
  readonly graceSeconds?: number;
}

/** The admin's own password, brought to what the connection says. */
export interface AdminPlan {
  /** Name of the environment variable that holds the password or SCRAM verifier to set. */
  readonly passwordEnv: string;
  /** Name of the one that holds the passwords that it may have still: a JSON list, the likeliest first. */
  readonly previousEnv: string;
}
