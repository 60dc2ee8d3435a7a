import type { Database, RunQuery } from "./database.ts";
import { readRole } from "./identity.ts";

/** What a heartbeat of one database saw. */
export interface Beat {
  readonly database: string;
  /** `true` where a row was written before it was read. */
  readonly wrote: boolean;
  /** Beats of the row that was written, or of all rows where the login reads only. */
  readonly beats: number;
}

/** Rows over which the writers of one service are spread; the table's check allows as many. */
const SLOTS = 64;

const WRITE = `
  insert into public.service_heartbeats (service, slot) values ($1, $2)
  on conflict (service, slot) do update
    set beats = service_heartbeats.beats + 1, last_beat_at = now()
  returning beats`;

const READ = "select coalesce(sum(beats), 0)::bigint as beats from public.service_heartbeats";

/** One read, and one write where the login may write, of a row. */
export type Heartbeat = (options: { readonly newConnection: boolean }) => Promise<Beat>;

/** Makes the heartbeat of a database; what the login may do is asked once, before the first beat. */
export function makeHeartbeat(database: Database, service: string): Heartbeat {
  let mayWrite: boolean | undefined;
  const beat = async (query: RunQuery, wrote: boolean): Promise<Beat> => {
    const slot = Math.floor(Math.random() * SLOTS);
    const [row] = wrote
      ? await query<{ beats: string }>(WRITE, [service, slot])
      : await query<{ beats: string }>(READ);
    return { database: database.name, wrote, beats: Number(row?.beats ?? 0) };
  };
  return async ({ newConnection }) => {
    if (mayWrite === undefined) {
      const { role } = await readRole(database);
      // Not remembered before there is a table: the answer would stay wrong after the migration.
      if (role !== "none") mayWrite = role === "app";
    }
    const wrote = mayWrite === true;
    return newConnection
      ? await database.withNewConnection((query) => beat(query, wrote))
      : await beat(database.query, wrote);
  };
}
