import { grants } from "./relation-facts.ts";

/** Not an extension's, whose version decides what it holds. */
function own(catalog: string): string {
  return `not exists (select from pg_depend e where e.classid = 'pg_catalog.${catalog}'::regclass and e.objid = x.oid and e.deptype = 'e')`;
}

const IN_SCHEMA = "join ns on ns.oid =";

const ROUTINE = `(select p.*, case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end
    || ns.prefix || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' as object
  from pg_proc p ${IN_SCHEMA} p.pronamespace
 where not exists (select from pg_depend e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid and e.deptype in ('e', 'i')))`;

const TYPE = `(select x.*, case x.typtype when 'e' then 'enum ' when 'd' then 'domain ' when 'r' then 'range ' else 'type ' end
    || ns.prefix || quote_ident(x.typname) as object
  from pg_type x ${IN_SCHEMA} x.typnamespace left join pg_class c on c.oid = x.typrelid
 where x.typtype in ('e', 'd', 'r', 'c') and (c.oid is null or c.relkind = 'c') and ${own("pg_type")})`;

const SCHEMA = `(select 'schema ' || quote_ident(n.nspname) as object, n.* from pg_namespace n
 where n.oid in (select oid from ns) and not exists (select from pg_depend e where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e'))`;

/** What is read besides tables, views and sequences; each statement gives object, key and text. */
export const OTHER_FACTS: readonly string[] = [
  `select x.object, '', '' from ${SCHEMA} x`,
  // Who owns public, and who may use it, is decided by whoever made the database.
  `select x.object, 'owner', 'owner ' || pg_get_userbyid(x.nspowner) from ${SCHEMA} x where x.nspname <> 'public' and x.nspowner <> (select oid from me)`,
  `select x.object, 'comment', 'comment ' || quote_literal(obj_description(x.oid, 'pg_namespace')) from ${SCHEMA} x
    where x.nspname <> 'public' and obj_description(x.oid, 'pg_namespace') is not null`,
  grants(
    `(select * from ${SCHEMA} s where s.nspname <> 'public')`,
    "x.nspacl",
    "'n'",
    "x.nspowner",
  ),
  `select x.object, '', '' from ${ROUTINE} x`,
  `select x.object, 'owner', 'owner ' || pg_get_userbyid(x.proowner) from ${ROUTINE} x where x.proowner <> (select oid from me)`,
  `select x.object, 'definition', pg_get_functiondef(x.oid) from ${ROUTINE} x where x.prokind <> 'a'`,
  `select x.object, 'definition', 'sfunc ' || a.aggtransfn::text || ' stype ' || format_type(a.aggtranstype, null)
          || coalesce(' finalfunc ' || nullif(a.aggfinalfn::oid, 0)::regproc::text, '') || coalesce(' initcond ' || quote_literal(a.agginitval), '')
     from ${ROUTINE} x join pg_aggregate a on a.aggfnoid = x.oid`,
  `select x.object, 'comment', 'comment ' || quote_literal(obj_description(x.oid, 'pg_proc')) from ${ROUTINE} x where obj_description(x.oid, 'pg_proc') is not null`,
  grants(ROUTINE, "x.proacl", "'f'", "x.proowner"),
  `select x.object, '', '' from ${TYPE} x`,
  `select x.object, 'owner', 'owner ' || pg_get_userbyid(x.typowner) from ${TYPE} x where x.typowner <> (select oid from me)`,
  `select x.object, 'values', 'values ' || (select string_agg(quote_literal(v.enumlabel), ', ' order by v.enumsortorder) from pg_enum v where v.enumtypid = x.oid)
     from ${TYPE} x where x.typtype = 'e'`,
  `select x.object, 'definition', 'as ' || format_type(x.typbasetype, x.typtypmod) || case when x.typnotnull then ' not null' else '' end || coalesce(' default ' || x.typdefault, '')
     from ${TYPE} x where x.typtype = 'd'`,
  `select x.object, 'constraint ' || quote_ident(c.conname), 'constraint ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid)
     from ${TYPE} x join pg_constraint c on c.contypid = x.oid where c.contype <> 'n'`,
  `select x.object, 'definition', 'of ' || format_type(r.rngsubtype, null) from ${TYPE} x join pg_range r on r.rngtypid = x.oid`,
  `select x.object, 'attribute ' || quote_ident(a.attname), 'attribute ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
     from ${TYPE} x join pg_attribute a on a.attrelid = x.typrelid where x.typtype = 'c' and a.attnum > 0 and not a.attisdropped`,
  `select x.object, 'comment', 'comment ' || quote_literal(obj_description(x.oid, 'pg_type')) from ${TYPE} x where obj_description(x.oid, 'pg_type') is not null`,
  grants(TYPE, "x.typacl", "'T'", "x.typowner"),
  `select 'extension ' || quote_ident(x.extname), '', '' from pg_extension x where x.extname <> 'plpgsql'`,
  `select 'extension ' || quote_ident(x.extname), 'schema', 'in schema ' || quote_ident(n.nspname) from pg_extension x join pg_namespace n on n.oid = x.extnamespace where x.extname <> 'plpgsql'`,
  `select 'statistics ' || ns.prefix || quote_ident(x.stxname), 'definition', pg_get_statisticsobjdef(x.oid) from pg_statistic_ext x ${IN_SCHEMA} x.stxnamespace where ${own("pg_statistic_ext")}`,
  `select 'collation ' || ns.prefix || quote_ident(x.collname), 'definition', 'provider ' || x.collprovider::text || case when x.collisdeterministic then '' else ' not deterministic' end
          || coalesce(' locale ' || coalesce(to_jsonb(x) ->> 'colllocale', to_jsonb(x) ->> 'colliculocale', x.collcollate), '')
     from pg_collation x ${IN_SCHEMA} x.collnamespace where ${own("pg_collation")}`,
  `select 'event trigger ' || quote_ident(x.evtname), 'definition', 'on ' || x.evtevent::text || ' execute ' || x.evtfoid::regproc::text || ' enabled ' || x.evtenabled::text
          || coalesce(' when tag in (' || array_to_string(x.evttags, ', ') || ')', '')
     from pg_event_trigger x where ${own("pg_event_trigger")}`,
  `select 'publication ' || quote_ident(x.pubname), 'definition', case when x.puballtables then 'for all tables' else 'for tables' end
          || case when x.pubinsert then ' insert' else '' end || case when x.pubupdate then ' update' else '' end
          || case when x.pubdelete then ' delete' else '' end || case when x.pubtruncate then ' truncate' else '' end
     from pg_publication x`,
  `select 'publication ' || quote_ident(x.pubname), 'table ' || r.prrelid::regclass::text, 'table ' || r.prrelid::regclass::text || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), '')
     from pg_publication x join pg_publication_rel r on r.prpubid = x.oid`,
];
