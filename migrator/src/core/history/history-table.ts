import { escapeLiteral } from "pg";

import { HISTORY_TABLE } from "../../contract.ts";
import type { Session } from "../connection/session.ts";

/** The table with its schema; every statement names both, as a migration may leave any search_path. */
export const HISTORY = `public.${HISTORY_TABLE}`;

/** Format of the table that this runner writes; kept in the table's comment, which every login reads. */
export const HISTORY_FORMAT = 1;

/** Privileges by which somebody else could forge the history, and with it the gate. */
export const FORGING_PRIVILEGES = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"] as const;

const CREATE = `
create table ${HISTORY} (
  name text primary key,
  aliases text[] not null default '{}',
  checksum text not null,
  kind text not null check (kind in ('sql', 'typescript')),
  phase text not null check (phase in ('expand', 'contract')),
  outcome text not null check (outcome in ('applied', 'running', 'failed', 'baseline')),
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
  statement_checksums text[]
);
comment on table ${HISTORY} is 'tidegate history, format ${HISTORY_FORMAT}';`;

/** Everybody but the owner who got a privilege besides SELECT, from default privileges of the owner. */
const GRANTEES = `
select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee
  from pg_catalog.pg_class c, lateral pg_catalog.aclexplode(c.relacl) a
 where c.oid = '${HISTORY}'::regclass and a.grantee <> c.relowner and a.privilege_type <> 'SELECT'`;

/**
 * Creates the history. In the same transaction everybody but the owner loses all but SELECT: the
 * owner's default privileges give the app INSERT on every new table, and with it the app could declare
 * a migration applied and open the gate.
 */
export async function createHistory(session: Session): Promise<void> {
  const { client } = session;
  await client.query(`begin;${CREATE}`);
  try {
    const { rows } = await client.query<{ grantee: string }>(GRANTEES);
    for (const { grantee } of rows) {
      // Not "all, then SELECT again": a grantee without SELECT must not gain it.
      await client.query(
        `revoke insert, update, delete, truncate, references, trigger on ${HISTORY} from ${grantee}`,
      );
      await client.query(revokeMaintain(grantee));
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** MAINTAIN exists from 17 on, and is a syntax error before. */
function revokeMaintain(grantee: string): string {
  const literal = escapeLiteral(`revoke maintain on ${HISTORY} from ${grantee}`);
  return `do $do$ begin if current_setting('server_version_num')::int >= 170000 then execute ${literal}; end if; end $do$`;
}
