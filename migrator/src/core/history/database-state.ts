import type { Session } from "../connection/session.ts";
import { MigratorError } from "../migrator-error.ts";
import { driverError, SQLSTATE } from "../sqlstate.ts";
import { EVENTS, writeFormatOf } from "./events-table.ts";
import type { HistoryRow } from "./history-row.ts";
import { FORGING_PRIVILEGES, HISTORY, HISTORY_FORMAT } from "./history-table.ts";

/** What one look at the database tells. */
export interface DatabaseState {
  /** Version of the server, for example `18.4`. */
  readonly server: string;
  /** `server_version_num`, for example 180004. */
  readonly serverNumber: number;
  /** The backend that answers; another than the announced one behind a pooler. */
  readonly pid: number;
  readonly standby: boolean;
  /** `current_user`: what is created belongs to it. */
  readonly role: string;
  /** `session_user`: who logged in. */
  readonly login: string;
  /** Owner of the database. */
  readonly owner: string;
  /** `null`: there is no `migration_history`. */
  readonly history: History | null;
}

export interface History {
  readonly rows: readonly HistoryRow[];
  readonly owner: string;
  /** Format of the log beside it, and of what only writers go by; `null`: of a runner before there was one. */
  readonly writeFormat: number | null;
  /** Grantees besides the owner that could write it, with what they hold. */
  readonly writers: readonly { readonly grantee: string; readonly privileges: string }[];
}

const SERVER = `
  pg_catalog.current_setting('server_version') as server,
  pg_catalog.current_setting('server_version_num')::int as "serverNumber",
  pg_catalog.pg_backend_pid() as pid,
  pg_catalog.pg_is_in_recovery() as standby,
  current_user::text as role,
  session_user::text as login,
  (select pg_catalog.pg_get_userbyid(datdba) from pg_catalog.pg_database
    where datname = pg_catalog.current_database())::text as owner`;

const FORGING = FORGING_PRIVILEGES.map((privilege) => `'${privilege}'`).join(", ");

const WITH_HISTORY = `select ${SERVER},
  (select pg_catalog.obj_description(c.oid, 'pg_class') from pg_catalog.pg_class c
    where c.oid = '${HISTORY}'::pg_catalog.regclass) as format,
  pg_catalog.obj_description(pg_catalog.to_regclass('${EVENTS}'), 'pg_class') as "eventsComment",
  (select pg_catalog.pg_get_userbyid(c.relowner)::text from pg_catalog.pg_class c
    where c.oid = '${HISTORY}'::pg_catalog.regclass) as "historyOwner",
  (select coalesce(pg_catalog.json_agg(w), '[]') from (
     select case a.grantee when 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee,
            pg_catalog.string_agg(distinct a.privilege_type, ', ') as privileges
       from pg_catalog.pg_class c,
            lateral (select grantee, privilege_type from pg_catalog.aclexplode(c.relacl)
                     union all
                     select x.grantee, x.privilege_type from pg_catalog.pg_attribute t,
                            lateral pg_catalog.aclexplode(t.attacl) x where t.attrelid = c.oid) a
      where c.oid = '${HISTORY}'::pg_catalog.regclass and a.grantee <> c.relowner
        and a.privilege_type in (${FORGING})
      group by a.grantee) w) as writers,
  (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', h.name, 'aliases', h.aliases, 'checksum', h.checksum, 'phase', h.phase,
            'outcome', h.outcome, 'batch', h.batch, 'started', h.started, 'durationMs', h.duration_ms,
            'who', h.who, 'runner', h.runner, 'gitCommit', h.git_commit,
            'statementsDone', h.statements_done, 'statementChecksums', h.statement_checksums)
          order by h.started, h.name), '[]') from ${HISTORY} h) as rows`;

interface RawState extends Omit<DatabaseState, "history"> {
  readonly format: string | null;
  readonly eventsComment: string | null;
  readonly historyOwner: string;
  readonly writers: History["writers"];
  readonly rows: readonly HistoryRow[];
}

/**
 * Looks at server, role and history in one statement (two where there is no history yet).
 *
 * @param whenDenied sees the state without its history where the login may not read it: who is denied
 *   for having lost its role is better told that.
 * @throws MigratorError of kind `refused` where the table is of a newer format or not ours; the
 *   driver's error otherwise, 42501 included.
 */
export async function readState(
  session: Session,
  whenDenied?: (state: DatabaseState) => void,
): Promise<DatabaseState> {
  let raw: RawState | undefined;
  try {
    raw = (await session.client.query<RawState>(WITH_HISTORY)).rows[0];
  } catch (error) {
    const { code } = driverError(error);
    if (code === SQLSTATE.undefinedColumn) throw notOurs();
    if (code !== SQLSTATE.undefinedTable && code !== SQLSTATE.insufficientPrivilege) throw error;
    const bare = await session.client.query<Omit<DatabaseState, "history">>(`select ${SERVER}`);
    const [row] = bare.rows;
    if (row === undefined) throw error;
    const state = { ...row, history: null };
    if (code === SQLSTATE.undefinedTable) return state;
    whenDenied?.(state);
    throw error;
  }
  if (raw === undefined) throw new Error("the statement that reads the history returned no row");
  const { format, eventsComment, historyOwner, writers, rows, ...server } = raw;
  checkFormat(format);
  const writeFormat = writeFormatOf(eventsComment);
  return { ...server, history: { rows, owner: historyOwner, writeFormat, writers } };
}

function notOurs(): MigratorError {
  return new MigratorError(
    "refused",
    `the table ${HISTORY} was not made by this runner: its columns or its comment are not ours`,
    { next: "rename that table, or restore its comment ('tidegate history, format 1')" },
  );
}

function checkFormat(comment: string | null): void {
  const format = /^tidegate history, format (\d+)$/.exec(comment ?? "")?.[1];
  if (format === undefined) throw notOurs();
  if (Number(format) > HISTORY_FORMAT) {
    throw new MigratorError(
      "refused",
      `the history is of format ${format}; this runner knows up to ${HISTORY_FORMAT}`,
      { next: "use the runner's version that wrote it, or a newer one" },
    );
  }
}
