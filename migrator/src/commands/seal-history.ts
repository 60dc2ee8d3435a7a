import { escapeIdentifier } from "pg";
import { findTables, type HistoryChoice } from "../adopt/find-history.ts";
import type { Session } from "../core/connection/session.ts";
import { MigratorError } from "../core/migrator-error.ts";

/** A privilege that was taken from somebody who could have forged a history. */
export interface Sealed {
  readonly table: string;
  readonly grantee: string;
  readonly privileges: string;
}

/**
 * Leaves everybody but the owner nothing but SELECT on another tool's history, and on the table of its
 * lock: the tool creates them like any table, so that the owner's default privileges let the app write
 * them, and with that open its own gate or stop every run of the tool.
 *
 * @throws MigratorError of kind `refused` where a table belongs to somebody else, who could forge it
 */
export async function sealHistory(
  session: Session,
  choice: HistoryChoice,
): Promise<readonly Sealed[]> {
  const { found } = await findTables(session, choice);
  const names = found.flatMap(({ reader, table: { schema, table } }) =>
    [table, ...(reader.tool === "knex" ? [`${table}_lock`] : [])].map(
      (name) => `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`,
    ),
  );
  const { rows } = await session.client.query<Grants>(GRANTS, [names]);
  const stolen = rows.filter(({ owner, role }) => owner !== role);
  if (stolen.length > 0) {
    throw new MigratorError(
      "refused",
      stolen
        .map(({ table, owner, role }) => `${table} belongs to ${owner}, and not to ${role}`)
        .join("; "),
      { next: stolen.map(({ table, role }) => `ALTER TABLE ${table} OWNER TO ${role};`).join(" ") },
    );
  }
  const sealed: Sealed[] = [];
  for (const { table, grantee, privileges } of rows) {
    if (grantee === null || privileges === null) continue;
    await session.client.query(`revoke ${privileges} on ${table} from ${grantee}`);
    sealed.push({ table, grantee, privileges });
  }
  return sealed;
}

interface Grants {
  readonly table: string;
  readonly owner: string;
  readonly role: string;
  /** `null`: nobody has more than SELECT. */
  readonly grantee: string | null;
  readonly privileges: string | null;
}

/** Knows MAINTAIN of 17 and newer by itself, as it names what was granted. */
const GRANTS = `
select c.oid::pg_catalog.regclass::text as table,
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) as owner,
       pg_catalog.quote_ident(current_user) as role,
       g.grantee, g.privileges
  from pg_catalog.unnest($1::text[]) n
  join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n)
  left join lateral (
    select case a.grantee when 0 then 'public'
                else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee,
           pg_catalog.string_agg(distinct a.privilege_type, ', ') as privileges
      from pg_catalog.aclexplode(c.relacl) a
     where a.grantee <> c.relowner and a.privilege_type <> 'SELECT'
     group by a.grantee) g on true
 order by 1, 4`;
