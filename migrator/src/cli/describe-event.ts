import { describeBlocker, type MigratorEvent } from "../core/events.ts";

/** One line for people; `null`: nothing worth a line. */
export function describeEvent(event: MigratorEvent): string | null {
  switch (event.event) {
    case "connected":
      return `${event.host}:${event.port}/${event.database} as ${event.role}, Postgres ${event.server}`;
    case "retry":
      return `${event.reason}; trying again in ${(event.milliseconds / 1000).toFixed(1)} s`;
    case "lock-wait":
      return event.holder === null
        ? "waiting for another run to finish"
        : `waiting for another run to finish: ${describeBlocker(event.holder)}`;
    case "started":
      return null;
    case "statement":
      return `${event.migration}: statement ${event.number} of ${event.of}, line ${event.line}`;
    case "table-lock-wait":
      return `${event.migration} waits for a lock held by ${event.blockers.map(describeBlocker).join("; ")}`;
    case "progress": {
      const waits = event.waitsFor === null ? "" : `, waits for ${event.waitsFor}`;
      const index = event.index === null ? "" : `, ${event.index}`;
      const place = `${event.file}${event.line === null ? "" : `:${event.line}`}`;
      const several = event.statements === 1 ? "" : `, one of ${event.statements} statements`;
      return `${event.migration}: running for ${event.seconds} s${index}${waits}: ${place}${several}: ${event.query}`;
    }
    case "applied":
      return `applied ${event.migration} (${event.milliseconds} ms)`;
    case "reverting":
      return null;
    case "reverted":
      return `reverted ${event.migration} (${event.milliseconds} ms)`;
    case "failed":
      return `failed ${event.migration}`;
    case "notice":
      return `notice: ${event.message}`;
    case "waiting":
      return event.next === null ? event.message : `${event.message}; helps: ${event.next}`;
    default:
      return event satisfies never;
  }
}
