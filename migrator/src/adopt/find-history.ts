import { escapeIdentifier } from "pg";
import type { Session } from "../core/connection/session.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { driverError, SQLSTATE } from "../core/sqlstate.ts";
import type { ForeignHistory, ForeignTable, HistoryReader, Tool } from "./foreign-history.ts";
import { ALEMBIC, DRIZZLE, KNEX, KYSELY } from "./read-by-name.ts";
import { DBMATE, FLYWAY, GOLANG_MIGRATE, GOOSE } from "./read-by-number.ts";

/** All readers; which of two fits a table of one name is told by its columns. */
export const READERS: readonly HistoryReader[] = [
  KYSELY,
  KNEX,
  DRIZZLE,
  ALEMBIC,
  DBMATE,
  GOLANG_MIGRATE,
  GOOSE,
  FLYWAY,
];

/** Which history to look for; absent: the one that is there. */
export interface HistoryChoice {
  readonly tool?: Tool;
  /** `TABLE` or `SCHEMA.TABLE`, where the tool's settings name another than its default. */
  readonly table?: string;
}

/** A tool's history and where it lies. */
export interface FoundHistory extends ForeignHistory {
  readonly tool: Tool;
  /** With its schema, quoted where that is needed. */
  readonly table: string;
}

/**
 * Finds another tool's history in the database and reads it.
 *
 * @throws MigratorError of kind `refused` where there is none, more than one, or one that may not be read
 */
export async function findHistory(session: Session, choice: HistoryChoice): Promise<FoundHistory> {
  const { found, readers, tables } = await findTables(session, choice);
  const [only, other] = found;
  if (only === undefined) throw noneFound(choice, readers, tables);
  if (other !== undefined) {
    throw new MigratorError(
      "refused",
      `there is more than one history: ${found.map((each) => `${each.reader.tool} (${quoted(each.table)})`).join(", ")}`,
      { next: "say which with --from TOOL, and --table SCHEMA.TABLE where that is not enough" },
    );
  }
  const table = quoted(only.table);
  try {
    const history = await only.reader.read(session.client, table, only.table);
    return { ...history, tool: only.reader.tool, table };
  } catch (error) {
    if (driverError(error).code !== SQLSTATE.insufficientPrivilege) throw error;
    throw new MigratorError(
      "refused",
      `${table} may not be read: ${driverError(error).message}`,
      {
        sqlstate: SQLSTATE.insufficientPrivilege,
        next: `as its owner: GRANT USAGE ON SCHEMA ${escapeIdentifier(only.table.schema)} TO the current role; GRANT SELECT ON ${table} TO the current role`,
      },
      { cause: error },
    );
  }
}

/**
 * All histories that are in the database and may be read. One that may not belongs to somebody whose
 * tables are none of this login's business: a platform keeps its own beside its customers'.
 */
export async function findHistories(session: Session): Promise<readonly FoundHistory[]> {
  const { found } = await findTables(session, {});
  const histories: FoundHistory[] = [];
  for (const { reader, table } of found) {
    const name = quoted(table);
    try {
      const history = await reader.read(session.client, name, table);
      histories.push({ ...history, tool: reader.tool, table: name });
    } catch (error) {
      if (driverError(error).code !== SQLSTATE.insufficientPrivilege) throw error;
    }
  }
  return histories;
}

/** A table that is a tool's history, by its name and columns. */
export interface FoundTable {
  readonly reader: HistoryReader;
  readonly table: ForeignTable;
}

/** The tables that may be the history that is looked for; their rows are not read. */
export async function findTables(
  session: Session,
  choice: HistoryChoice,
): Promise<{
  readonly found: readonly FoundTable[];
  readonly readers: readonly HistoryReader[];
  readonly tables: readonly ForeignTable[];
}> {
  const [schema, name] = nameOf(choice.table);
  const readers = READERS.filter(({ tool }) => choice.tool === undefined || tool === choice.tool);
  const { rows: tables } = await session.client.query<ForeignTable>(TABLES, [
    name === null ? readers.map(({ table }) => table) : [name],
    schema,
  ]);
  const found = tables.flatMap((table) =>
    readers
      .filter((reader) => (name !== null || reader.table === table.table) && reader.detect(table))
      .map((reader) => ({ reader, table })),
  );
  return { found, readers, tables };
}

const TABLES = `
select n.nspname::text as schema, c.relname::text as table,
       (select pg_catalog.array_agg(a.attname::text) from pg_catalog.pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and c.relname = any($1::text[]) and ($2::text is null or n.nspname = $2)
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by 1, 2`;

function nameOf(table: string | undefined): readonly [string | null, string | null] {
  if (table === undefined) return [null, null];
  const dot = table.indexOf(".");
  return dot < 0 ? [null, table] : [table.slice(0, dot), table.slice(dot + 1)];
}

function noneFound(
  choice: HistoryChoice,
  readers: readonly HistoryReader[],
  tables: readonly ForeignTable[],
): MigratorError {
  const sought = choice.table ?? [...new Set(readers.map(({ table }) => table))].join(", ");
  const near = tables
    .map((table) => `; ${quoted(table)} has other columns (${table.columns.join(", ")})`)
    .join("");
  return new MigratorError(
    "refused",
    `no history of ${choice.tool ?? "another tool"} is here: looked for ${sought}${near}`,
    {
      state: "nothing was changed",
      next: "name its table with --table SCHEMA.TABLE, check which database the connection leads to, or use `migrator baseline` for a schema made by hand",
    },
  );
}

function quoted({ schema, table }: ForeignTable): string {
  return [schema, table]
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : escapeIdentifier(part)))
    .join(".");
}
