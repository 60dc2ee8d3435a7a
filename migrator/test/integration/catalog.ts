import type pg from "pg";

/** What is compared: the roles of interest and the database that the client is connected to. */
export interface CatalogScope {
  readonly roles: readonly string[];
}

/** Everything that provisioning leads to, as plain data in a stable order. */
export interface Catalog {
  readonly roles: readonly RoleFacts[];
  /** `member of group` with its options, of roles of interest; the admin appears as `ADMIN`. */
  readonly memberships: readonly string[];
  readonly database: DatabaseFacts;
  /** ACL of each schema that is not Postgres' own. */
  readonly schemas: Readonly<Record<string, readonly string[]>>;
  /** Default privileges: `owner / schema or * / kind` to ACL. */
  readonly defaults: Readonly<Record<string, readonly string[]>>;
  /** Settings of roles and databases: `database or * / role or *` to settings. */
  readonly settings: Readonly<Record<string, readonly string[]>>;
  readonly extensions: readonly string[];
}

export interface RoleFacts {
  readonly name: string;
  readonly login: boolean;
  readonly inherit: boolean;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
  readonly connectionLimit: number;
  readonly validUntil: string | null;
}

export interface DatabaseFacts {
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly connectionLimit: number;
  readonly allowConnections: boolean;
  readonly template: boolean;
  readonly acl: readonly string[];
}

/**
 * Reads what provisioning led to, in the database that the client is connected to. The client's login
 * must see all roles' settings; passwords are not read. Names of the admin become `ADMIN`, so that two
 * servers or two ways of provisioning compare.
 *
 * @param admin the login that provisioned; it differs from test to test.
 */
export async function readCatalog(
  client: pg.Client,
  scope: CatalogScope,
  admin: string,
): Promise<Catalog> {
  const hide = (text: string): string => text.replaceAll(admin, "ADMIN");
  const roles = await list<RoleFacts>(client, ROLES, [scope.roles]);
  const memberships = await list<{ text: string }>(client, membershipsQuery(await major(client)), [
    scope.roles,
  ]);
  const [database] = await list<DatabaseFacts>(client, DATABASE);
  if (database === undefined) throw new Error("the client is connected to no database");
  return {
    roles,
    memberships: memberships.map(({ text }) => hide(text)).toSorted(),
    database: { ...database, acl: database.acl.map(hide) },
    schemas: await byKey(client, SCHEMAS, hide),
    defaults: await byKey(client, DEFAULTS, hide),
    settings: await byKey(client, SETTINGS, hide, [scope.roles]),
    extensions: (await list<{ text: string }>(client, EXTENSIONS)).map(({ text }) => hide(text)),
  };
}

const ROLES = `
select rolname::text as name, rolcanlogin as login, rolinherit as inherit, rolsuper as superuser,
       rolcreaterole as "createRole", rolcreatedb as "createDatabase", rolreplication as replication,
       rolbypassrls as "bypassRls", rolconnlimit as "connectionLimit", rolvaliduntil::text as "validUntil"
  from pg_roles where rolname = any($1) order by rolname`;

/** Options exist from 16 on; the grantor is left out, as it depends on who ran first. */
function membershipsQuery(version: number): string {
  const options =
    version >= 16
      ? "|| case when m.inherit_option then ' inherit' else '' end || case when m.set_option then ' set' else '' end"
      : "";
  return `select u.rolname || ' in ' || g.rolname || case when m.admin_option then ' admin' else '' end ${options} as text
    from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member
   where g.rolname = any($1) or u.rolname = any($1)`;
}

const DATABASE = `
select pg_get_userbyid(datdba)::text as owner, pg_encoding_to_char(encoding) as encoding,
       datcollate as collate, datctype as ctype, datconnlimit as "connectionLimit",
       datallowconn as "allowConnections", datistemplate as template,
       array(select x::text from unnest(datacl) x order by 1) as acl
  from pg_database where datname = current_database()`;

const SCHEMAS = `
select nspname::text as key, array(select x::text from unnest(nspacl) x order by 1) as value
  from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`;

const DEFAULTS = `
select pg_get_userbyid(defaclrole) || ' / ' || coalesce(n.nspname, '*') || ' / ' || defaclobjtype::text as key,
       array(select x::text from unnest(defaclacl) x order by 1) as value
  from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace`;

const SETTINGS = `
select coalesce(d.datname, '*') || ' / ' || coalesce(r.rolname, '*') as key, s.setconfig as value
  from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase
  left join pg_roles r on r.oid = s.setrole
 where r.rolname = any($1) or d.datname = current_database()`;

const EXTENSIONS = `
select extname || ' of ' || pg_get_userbyid(extowner) || ' in ' || n.nspname as text
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace order by 1`;

async function list<T extends object>(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly T[]> {
  const { rows } = await client.query<T>(text, [...values]);
  return rows;
}

async function byKey(
  client: pg.Client,
  text: string,
  hide: (text: string) => string,
  values: readonly unknown[] = [],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = await list<{ key: string; value: readonly string[] }>(client, text, values);
  return Object.fromEntries(
    rows
      .map(({ key, value }) => [hide(key), value.map(hide)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function major(client: pg.Client): Promise<number> {
  const [row] = await list<{ n: number }>(
    client,
    "select current_setting('server_version_num')::int / 10000 as n",
  );
  return row?.n ?? 0;
}
