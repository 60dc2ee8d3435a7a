import { type ForeignEntry, hasColumns, type HistoryReader, isoOf } from "./foreign-history.ts";

/** dbmate: the digits that the file's name begins with, as text. */
export const DBMATE: HistoryReader = {
  tool: "dbmate",
  table: "schema_migrations",
  detect: (table) => hasColumns(table, "version") && !hasColumns(table, "dirty"),
  read: async (client, table) => {
    const { rows } = await client.query<{ version: string }>(
      `select version::text from ${table} order by 1`,
    );
    return {
      problems: [],
      entries: rows.map(({ version }) => entry(version, null)),
    };
  },
};

/** golang-migrate: one row, the newest version; `dirty` after a run that did not end. */
export const GOLANG_MIGRATE: HistoryReader = {
  tool: "golang-migrate",
  table: "schema_migrations",
  detect: (table) => hasColumns(table, "version", "dirty"),
  read: async (client, table) => {
    const { rows } = await client.query<{ version: string; dirty: boolean }>(
      `select version::text, dirty from ${table}`,
    );
    return {
      problems: rows
        .filter(({ dirty }) => dirty)
        .map(
          ({ version }) =>
            `version ${version} is dirty: its migration began and did not end. Look what of it is in the database, finish it or take it back by hand, then run migrate force VERSION with the version that the database is at`,
        ),
      entries: rows.map(({ version }) => ({
        ...entry(version, null),
        label: `everything up to ${version}`,
        identity: { by: "through", number: plain(version) },
      })),
    };
  },
};

/** goose: a row for every step up; one for every step down too, in its first versions. */
export const GOOSE: HistoryReader = {
  tool: "goose",
  table: "goose_db_version",
  detect: (table) => hasColumns(table, "id", "version_id", "is_applied"),
  read: async (client, table) => {
    const { rows } = await client.query<{ version: string; applied: boolean; tstamp: Date }>(
      `select version, applied, tstamp from (
         select distinct on (version_id) id, version_id::text as version, is_applied as applied,
                tstamp at time zone current_setting('TimeZone') as tstamp
           from ${table} where version_id > 0 order by version_id, id desc) last
        order by id`,
    );
    return {
      problems: [],
      entries: rows
        .filter(({ applied }) => applied)
        .map(({ version, tstamp }) => entry(version, isoOf(tstamp))),
    };
  },
};

/** Flyway: a row for everything that it did, what failed and what was undone included. */
export const FLYWAY: HistoryReader = {
  tool: "flyway",
  table: "flyway_schema_history",
  detect: (table) => hasColumns(table, "installed_rank", "version", "type", "script", "success"),
  read: async (client, table) => {
    const { rows } = await client.query<{
      version: string | null;
      type: string;
      script: string;
      success: boolean;
      installed: Date;
    }>(
      `select version, type, script, success,
              installed_on at time zone current_setting('TimeZone') as installed
         from ${table} order by installed_rank`,
    );
    const applied = new Map<string, ForeignEntry>();
    const problems: string[] = [];
    for (const { version, type, script, success, installed } of rows) {
      if (!success) {
        problems.push(`${script} failed. Repair what it left, then run flyway repair`);
      } else if (type === "DELETE" || type.startsWith("UNDO")) {
        applied.delete(version ?? "");
      } else if (version === null) {
        // Schemas and repeatable scripts: the latter have no place in an order.
        if (script.startsWith("R__")) {
          problems.push(
            `${script} is repeatable, which no migration here is. Make it a migration with a number, or delete its row when a file takes its place`,
          );
        }
      } else {
        const found = { ...entry(version, isoOf(installed)), label: `${version} (${script})` };
        const number = found.identity.by === "number" ? found.identity.number : version;
        applied.set(
          version,
          type.includes("BASELINE") ? { ...found, identity: { by: "through", number } } : found,
        );
      }
    }
    return { entries: [...applied.values()], problems };
  },
};

function entry(version: string, appliedAt: string | null): ForeignEntry {
  const identity = { by: "number", number: plain(version) } as const;
  return { label: version, identity, appliedAt, batch: null };
}

/** Without leading zeros, as `versionNumber` gives a file's. */
function plain(version: string): string {
  return version.replace(/^0+(?=\d)/, "");
}
