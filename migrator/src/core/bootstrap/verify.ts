import type pg from "pg";

import type { DatabasePlan, LoginPlan } from "../../contract.ts";

/** Who holds which privileges on something, grantees and privileges sorted; `PUBLIC` for everybody. */
type Access = Readonly<Record<string, string>>;

/** Privileges that Postgres abbreviates in an ACL, by kind of object. */
const OWNER_OF_DATABASE = "CONNECT, CREATE, TEMPORARY";

/**
 * Reads back what the privileges of a database are and names every difference from what they must be:
 * a REVOKE can succeed and change nothing. Empty: all is as it must be.
 */
export async function privilegeDifferences(
  client: pg.Client,
  plan: DatabasePlan,
): Promise<readonly string[]> {
  const { owner, app, readonly } = plan;
  const onDatabase = await access(
    client,
    "select a.* from pg_catalog.pg_database d, lateral pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a where d.datname = pg_catalog.current_database()",
  );
  const onPublic = await access(
    client,
    "select a.* from pg_catalog.pg_namespace n, lateral pg_catalog.aclexplode(n.nspacl) a where n.nspname = 'public'",
  );
  const problems = [
    ...differences(`database ${plan.name}`, onDatabase, {
      [owner]: OWNER_OF_DATABASE,
      [app]: "CONNECT",
      [readonly]: "CONNECT",
    }),
    // Others may hold more on the schema: what counts is that these two may use it and no more.
    ...differences("schema public", pick(onPublic, [app, readonly]), {
      [app]: "USAGE",
      [readonly]: "USAGE",
    }),
  ];
  const future: readonly (readonly [string, string, Access])[] = [
    ["r", "tables", { [app]: "DELETE, INSERT, SELECT, UPDATE", [readonly]: "SELECT" }],
    ["S", "sequences", { [app]: "SELECT, UPDATE, USAGE", [readonly]: "SELECT" }],
    ["n", "schemas", { [app]: "USAGE", [readonly]: "USAGE" }],
  ];
  for (const [kind, name, wanted] of future) {
    const found = await access(
      client,
      `select a.* from pg_catalog.pg_default_acl d, lateral pg_catalog.aclexplode(d.defaclacl) a
        where d.defaclnamespace = 0 and d.defaclobjtype = '${kind}' and a.grantee <> d.defaclrole
          and d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = $1)`,
      [owner],
    );
    problems.push(...differences(`future ${name} of ${owner}`, found, wanted));
  }
  return problems;
}

/** Reads back roles and memberships, and names every difference. */
export async function roleDifferences(
  client: pg.Client,
  database: DatabasePlan | undefined,
  logins: readonly LoginPlan[],
): Promise<readonly string[]> {
  const wanted = [
    ...(database === undefined
      ? []
      : [
          ...[database.owner, database.app, database.readonly].map((role) => ({
            role,
            login: false,
            memberOf: null,
          })),
          ...(database.migratorPasswordEnv === undefined
            ? []
            : [{ role: database.migrator, login: true, memberOf: [database.owner] }]),
        ]),
    ...logins.map(({ role, canLogin, memberOf }) => ({ role, login: canLogin, memberOf })),
  ];
  const problems: string[] = [];
  for (const { role, login, memberOf } of wanted) {
    const { rows } = await client.query<{ login: boolean; groups: string[] }>(
      `select r.rolcanlogin as login, array(
         select distinct g.rolname::text from pg_catalog.pg_auth_members m
           join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid order by 1) as groups
         from pg_catalog.pg_roles r where r.rolname = $1`,
      [role],
    );
    const [found] = rows;
    if (found === undefined) {
      problems.push(`role ${role}: it does not exist`);
      continue;
    }
    if (found.login !== login) {
      problems.push(`role ${role}: it ${found.login ? "can" : "cannot"} log in`);
    }
    const groups = memberOf === null ? "" : memberOf.toSorted().join(", ");
    const actual = memberOf === null ? "" : found.groups.toSorted().join(", ");
    if (groups !== actual) {
      problems.push(
        `role ${role}: it is a member of ${actual || "nothing"} instead of ${groups || "nothing"}`,
      );
    }
  }
  return problems;
}

async function access(
  client: pg.Client,
  from: string,
  values: readonly string[] = [],
): Promise<Access> {
  const { rows } = await client.query<{ grantee: string; privileges: string }>(
    `select case x.grantee when 0 then 'PUBLIC' else pg_catalog.pg_get_userbyid(x.grantee)::text end as grantee,
            string_agg(distinct x.privilege_type, ', ' order by x.privilege_type) as privileges
       from (${from}) x group by x.grantee`,
    [...values],
  );
  return Object.fromEntries(rows.map(({ grantee, privileges }) => [grantee, privileges]));
}

function pick(all: Access, names: readonly string[]): Access {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

function differences(what: string, found: Access, wanted: Access): readonly string[] {
  return [...new Set([...Object.keys(found), ...Object.keys(wanted)])]
    .toSorted()
    .filter((grantee) => found[grantee] !== wanted[grantee])
    .map(
      (grantee) =>
        `${what}: ${grantee} has ${found[grantee] ?? "nothing"} instead of ${wanted[grantee] ?? "nothing"}`,
    );
}
