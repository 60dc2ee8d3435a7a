import { escapeIdentifier as id, escapeLiteral as literal } from "pg";

import type { Session } from "../connection/session.ts";

/** What a database has that its migrations did not make and that they may stand on. */
export interface DatabaseTraits {
  /** Major version of the server. */
  readonly major: number;
  /** `current_user`: what migrations create belongs to it. */
  readonly role: string;
  /** Options of `CREATE DATABASE`: encoding and locale. */
  readonly options: string;
  /** `name = value` of the database's own settings, as SQL. */
  readonly settings: readonly string[];
  readonly extensions: readonly { readonly name: string; readonly schema: string }[];
  /** `ALTER DEFAULT PRIVILEGES …` of the role, with the roles that get something. */
  readonly defaults: readonly DefaultOfRole[];
}

/** One default privilege of a role. */
export interface DefaultOfRole {
  readonly sql: string;
  /** Takes it back. */
  readonly undo: string;
  /** Who gets something; `null`: everybody. */
  readonly grantee: string | null;
}

interface Row {
  readonly major: number;
  readonly role: string;
  readonly database: Readonly<Record<string, unknown>>;
  readonly encoding: string;
  readonly settings: readonly string[];
  readonly extensions: DatabaseTraits["extensions"];
  readonly defaults: readonly DefaultPrivilege[];
}

interface DefaultPrivilege {
  readonly schema: string | null;
  readonly kind: string;
  /** `null`: everybody. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
}

const TRAITS = `
select pg_catalog.current_setting('server_version_num')::int / 10000 as major, current_user::text as role,
  to_jsonb(d) as database, pg_catalog.pg_encoding_to_char(d.encoding) as encoding,
  coalesce((select s.setconfig from pg_catalog.pg_db_role_setting s where s.setdatabase = d.oid and s.setrole = 0), '{}') as settings,
  (select coalesce(json_agg(json_build_object('name', e.extname, 'schema', n.nspname) order by e.oid), '[]')
     from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql') as extensions,
  (select coalesce(json_agg(json_build_object('schema', n.nspname, 'kind', f.defaclobjtype,
            'grantee', case a.grantee when 0 then null else pg_catalog.pg_get_userbyid(a.grantee) end,
            'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
     from pg_catalog.pg_default_acl f left join pg_catalog.pg_namespace n on n.oid = f.defaclnamespace, lateral pg_catalog.aclexplode(f.defaclacl) a
    where pg_catalog.pg_get_userbyid(f.defaclrole) = current_user and (n.oid is null or n.nspname = 'public')) as defaults
from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`;

/** Reads what a scratch database needs to be like the session's. */
export async function readTraits({ client }: Session): Promise<DatabaseTraits> {
  const { rows } = await client.query<Row>(TRAITS);
  const [row] = rows;
  if (row === undefined) throw new Error("the session is connected to no database");
  const { major, role, extensions } = row;
  return {
    major,
    role,
    options: localeOptions(row),
    settings: row.settings.map(settingSql),
    extensions,
    defaults: defaultPrivileges(row),
  };
}

/** Columns and options differ from version to version: what the row of the catalog has is stated. */
function localeOptions({ database, encoding }: Row): string {
  const text = (name: string): string | null => {
    const value = database[name];
    return typeof value === "string" ? value : null;
  };
  const options = [`template template0 encoding ${literal(encoding)}`];
  const [collate, ctype] = [text("datcollate"), text("datctype")];
  if (collate !== null) options.push(`lc_collate ${literal(collate)}`);
  if (ctype !== null) options.push(`lc_ctype ${literal(ctype)}`);
  const locale = text("datlocale") ?? text("daticulocale");
  const provider = text("datlocprovider");
  if (provider === "i" && locale !== null) {
    options.push(`locale_provider icu icu_locale ${literal(locale)}`);
  }
  if (provider === "b" && locale !== null) {
    options.push(`locale_provider builtin builtin_locale ${literal(locale)}`);
  }
  return options.join(" ");
}

/** Settings whose value is kept as a list that is quoted already. Source: `variable_is_guc_list_quote` of pg_dump. */
const LISTS = [
  "search_path",
  "temp_tablespaces",
  "local_preload_libraries",
  "session_preload_libraries",
];

function settingSql(setting: string): string {
  const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
  const list = LISTS.includes(name) && value !== "";
  return `set ${name.split(".").map(id).join(".")} = ${list ? value : literal(value)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  r: "tables",
  S: "sequences",
  f: "functions",
  T: "types",
  n: "schemas",
  L: "large objects",
};

function defaultPrivileges({ role, defaults }: Row): DatabaseTraits["defaults"] {
  const found: DefaultOfRole[] = [];
  for (const kind of ["f", "T"] as const) {
    // An entry of the whole database takes the place of Postgres' own, by which everybody may use both.
    const entry = defaults.filter((each) => each.kind === kind && each.schema === null);
    if (entry.length === 0 || entry.some(({ grantee }) => grantee === null)) continue;
    found.push({
      sql: `alter default privileges revoke all on ${KINDS[kind]} from public`,
      undo: `alter default privileges grant all on ${KINDS[kind]} to public`,
      grantee: null,
    });
  }
  for (const { schema, kind, grantee, privilege, grantable } of defaults) {
    const what = KINDS[kind];
    if (what === undefined || grantee === role) continue;
    const within = schema === null ? "" : ` in schema ${id(schema)}`;
    const to = grantee === null ? "public" : id(grantee);
    const option = grantable ? " with grant option" : "";
    const begin = `alter default privileges${within}`;
    found.push({
      sql: `${begin} grant ${privilege} on ${what} to ${to}${option}`,
      undo: `${begin} revoke ${privilege} on ${what} from ${to}`,
      grantee,
    });
  }
  return found;
}
