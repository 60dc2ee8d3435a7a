import { fileURLToPath } from "node:url";

/** The provider's login in the recording; a replay puts its own in its place. */
export const ADMIN = "recording_admin";

/** Name of the database in the recording, and the beginning of all its roles. */
export const NAME = "recording_shop";

/** What was recorded: one database, a service that writes, a service that reads. */
export const PLAN = {
  format: 1,
  database: {
    name: NAME,
    owner: `${NAME}_owner`,
    migrator: `${NAME}_migrator`,
    app: `${NAME}_app`,
    readonly: `${NAME}_readonly`,
    migratorPasswordEnv: "MIGRATOR",
    extensions: ["citext"],
  },
  logins: [
    { role: `${NAME}_svc_a`, canLogin: true, memberOf: [`${NAME}_app`], passwordEnv: "SERVICE" },
    { role: `${NAME}_svc_b`, canLogin: false, memberOf: [`${NAME}_app`], passwordEnv: "SERVICE" },
    {
      role: `${NAME}_report`,
      canLogin: true,
      memberOf: [`${NAME}_readonly`],
      passwordEnv: "REPORT",
    },
  ],
} as const;

/** One statement of the provider, in the order in which the server got them. */
export interface Statement {
  /** Which of the provider's connections sent it. */
  readonly session: string;
  readonly database: string;
  readonly sql: string;
}

/** The file of one major version. */
export function statementsFile(major: number): string {
  return fileURLToPath(new URL(`postgres-${major}.json`, import.meta.url));
}

/** The admin's statements in a server's log that change anything. */
export function readStatements(log: string): Statement[] {
  const sessions = new Map<string, string>();
  // A statement of several lines goes on behind a tab.
  const lines = log.replaceAll("\n\t", "\n").split(/\n(?=[0-9a-f]+\.[0-9a-f]+\|)/);
  return lines.flatMap((line) => {
    const match =
      /^([0-9a-f.]+)\|([^|]*)\|([^|]*)\| LOG: {2}(?:statement|execute [^:]*): (.*)$/s.exec(
        line.trimEnd(),
      );
    const [, session = "", database = "", user, sql = ""] = match ?? [];
    if (user !== ADMIN || /^\s*(select|show|;|--)/i.test(sql)) return [];
    const name = sessions.get(session) ?? `connection ${sessions.size + 1}`;
    sessions.set(session, name);
    return [{ session: name, database, sql }];
  });
}
