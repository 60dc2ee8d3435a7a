import { escapeLiteral } from "pg";

import { HISTORY_TABLE } from "../../contract.ts";
import type { Session } from "../connection/session.ts";
import { MigratorError } from "../migrator-error.ts";
import { pause } from "../pause.ts";
import { isConflict } from "../sqlstate.ts";
import { CREATE_EVENTS, EVENTS, WRITE_FORMAT } from "./events-table.ts";

/** The table with its schema; every statement names both, as a migration may leave any search_path. */
export const HISTORY = `public.${HISTORY_TABLE}`;

/**
 * Format that a reader of the table goes by; kept in the table's comment, which every login reads. It
 * rises only when an older gate could not read the table any more.
 */
export const HISTORY_FORMAT = 1;

/** Privileges by which somebody else could forge the history, and with it the gate. */
export const FORGING_PRIVILEGES = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"] as const;

const OUTCOMES = "check (outcome in ('applied', 'running', 'failed', 'baseline', 'withdrawn'))";

const CREATE = `
create table ${HISTORY} (
  name text primary key,
  aliases text[] not null default '{}',
  checksum text not null,
  kind text not null check (kind in ('sql', 'typescript')),
  phase text not null check (phase in ('expand', 'contract')),
  outcome text not null ${OUTCOMES},
  batch integer not null,
  started timestamptz not null,
  duration_ms integer not null,
  who text not null,
  runner text not null,
  git_commit text,
  down_kind text check (down_kind in ('sql', 'typescript')),
  down_text text,
  down_checksum text,
  statements_done integer,
  statement_checksums text[],
  down_digest text
);
comment on table ${HISTORY} is 'tidegate history, format ${HISTORY_FORMAT}';`;

/**
 * From format 1, which knew neither `withdrawn` nor a log: what it recorded becomes the log's beginning.
 * The digest of a way down is taken from the table itself, as nothing else holds it any more.
 */
const UPGRADE = `
alter table ${HISTORY} add column if not exists down_digest text;
alter table ${HISTORY} drop constraint if exists migration_history_outcome_check;
alter table ${HISTORY} add constraint migration_history_outcome_check ${OUTCOMES};
update ${HISTORY}
   set down_digest = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(down_text, 'UTF8')), 'hex')
 where down_text is not null and down_digest is null;
${CREATE_EVENTS}
insert into ${EVENTS} (name, direction, outcome, phase, checksum, batch, started, finished, who, runner, git_commit)
select name, case outcome when 'baseline' then 'baseline' else 'up' end, case outcome when 'failed' then 'failed' else 'done' end,
       phase, checksum, batch, started, started + duration_ms * interval '1 millisecond', who, runner, git_commit
  from ${HISTORY} where outcome <> 'running';`;

/** Everybody but the owner who got a privilege besides SELECT, from default privileges of the owner. */
const GRANTEES = `
select c.oid::regclass::text as relation,
       case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee
  from pg_catalog.pg_class c, lateral pg_catalog.aclexplode(c.relacl) a
 where c.oid in ('${HISTORY}'::regclass, '${EVENTS}'::regclass) and a.grantee <> c.relowner and a.privilege_type <> 'SELECT'
 group by c.oid, a.grantee`;

/** Tries of an upgrade that finds a gate reading the table, each 1 s at most. */
const UPGRADE_TRIES = 30;

/**
 * Makes sure that both tables are there, in the format that this runner writes.
 *
 * @throws MigratorError of kind `refused` where a newer runner has written them.
 */
export async function ensureHistory(
  session: Session,
  history: { readonly writeFormat: number | null } | null,
  signal: AbortSignal,
): Promise<void> {
  if (history === null) return createTables(session, `${CREATE}${CREATE_EVENTS}`);
  const { writeFormat } = history;
  if (writeFormat === WRITE_FORMAT) return;
  if (writeFormat !== null) {
    throw new MigratorError(
      "refused",
      `the history is written in format ${writeFormat}; this runner writes ${WRITE_FORMAT}`,
      { next: "use the runner's version that wrote it, or a newer one" },
    );
  }
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await createTables(session, `set local lock_timeout = '1s';${UPGRADE}`);
    } catch (error) {
      if (!isConflict(error) || attempt >= UPGRADE_TRIES) throw error;
      await pause(200, signal);
    }
  }
}

/**
 * Creates what `ddl` says. In the same transaction everybody but the owner loses all but SELECT: the
 * owner's default privileges give the app INSERT on every new table, and with it the app could declare
 * a migration applied and open the gate.
 */
async function createTables(session: Session, ddl: string): Promise<void> {
  const { client } = session;
  try {
    await client.query(`begin;${ddl}`);
    const { rows } = await client.query<{ relation: string; grantee: string }>(GRANTEES);
    for (const { relation, grantee } of rows) {
      // Not "all, then SELECT again": a grantee without SELECT must not gain it.
      await client.query(
        `revoke insert, update, delete, truncate, references, trigger on ${relation} from ${grantee}`,
      );
      await client.query(revokeMaintain(relation, grantee));
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** MAINTAIN exists from 17 on, and is a syntax error before. */
function revokeMaintain(relation: string, grantee: string): string {
  const literal = escapeLiteral(`revoke maintain on ${relation} from ${grantee}`);
  return `do $do$ begin if current_setting('server_version_num')::int >= 170000 then execute ${literal}; end if; end $do$`;
}
