import { EVENTS_TABLE } from "../../contract.ts";

/** The log of what was done, with its schema. */
export const EVENTS = `public.${EVENTS_TABLE}`;

/**
 * Format that this runner writes, of both tables; kept in the comment of the log. The comment of
 * `migration_history` stays as it is: it is what a gate of an older image goes by, and that gate must
 * not stop a pod because a newer runner has added something that it does not read.
 */
export const WRITE_FORMAT = 2;

/** Rows are never changed, so the key only has to differ: no sequence, whose use default privileges give away. */
export const CREATE_EVENTS = `
create table ${EVENTS} (
  id uuid primary key default pg_catalog.gen_random_uuid(),
  name text not null,
  direction text not null check (direction in ('up', 'down', 'baseline', 'adopt', 'repair', 'withdraw')),
  outcome text not null check (outcome in ('done', 'failed')),
  phase text check (phase in ('expand', 'contract')),
  checksum text,
  batch integer,
  started timestamptz not null,
  finished timestamptz not null default pg_catalog.clock_timestamp(),
  who text not null,
  pod text,
  runner text not null,
  git_commit text,
  detail text
);
comment on table ${EVENTS} is 'tidegate events, format ${WRITE_FORMAT}';`;

/** The format that a comment names; `null`: it is not ours. */
export function writeFormatOf(comment: string | null): number | null {
  const format = /^tidegate events, format (\d+)$/.exec(comment ?? "")?.[1];
  return format === undefined ? null : Number(format);
}
