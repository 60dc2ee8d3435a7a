/** Version of the runner, as in package.json (a test compares them); recorded with each migration. */
export const RUNNER_VERSION = "0.1.0";

/** How a connection names itself in `pg_stat_activity`. */
export const APPLICATION_NAME = `migrator/${RUNNER_VERSION}`;
