import type { TestServer } from "../../../test/integration/servers.ts";
import { startRunner } from "./runner-process.ts";
import { eventually, rowsOf, settingsOf, type TestDatabase, withClient } from "./test-database.ts";

/**
 * Kills a run in the middle of building an index on the table `t`, behind a transaction that keeps it waiting.
 *
 * @param built returns when the unfinished index is there.
 */
export async function killWhileBuilding(
  server: TestServer,
  database: TestDatabase,
  env: Readonly<Record<string, string>>,
  built: () => Promise<unknown>,
): Promise<void> {
  await withClient(settingsOf(server, database.name), async (writer) => {
    // An open transaction that has written the table keeps the build waiting in its middle.
    await writer.query("begin; insert into t values (3)");
    const killed = startRunner(["up"], env);
    await built();
    killed.kill("SIGKILL");
    await killed.ended;
    // Only when the server has noticed: it would finish the build for nobody otherwise.
    await eventually(async () => {
      const rows = await rowsOf(
        server,
        database.name,
        "select 1 from pg_stat_activity where datname = current_database() and application_name like 'migrator/%'",
      );
      return rows.length === 0;
    });
    await writer.query("commit");
  });
}
