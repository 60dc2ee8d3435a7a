import type { Blocker, MigratorEvent } from "@tidegate/migrator";
import type { Line } from "./say.ts";

/** What of the runner's events a developer wants to see; `undefined` for the rest. */
export function describeEvent(event: MigratorEvent): Pick<Line, "tone" | "text"> | undefined {
  switch (event.event) {
    case "applied":
      return {
        tone: "info",
        text: `applied ${event.migration} (${Math.round(event.milliseconds)} ms)`,
      };
    case "retry":
      return { tone: "notice", text: `tries again in ${event.milliseconds} ms: ${event.reason}` };
    case "lock-wait":
      return {
        tone: "notice",
        text: `waits for another migration run${event.holder === null ? "" : ` (${named(event.holder)})`}`,
      };
    case "table-lock-wait":
      return {
        tone: "notice",
        text: `${event.migration} waits for a lock of ${event.blockers.map(named).join(", ")}`,
      };
    case "notice":
      return { tone: "notice", text: event.message };
    default:
      return undefined;
  }
}

function named({ pid, login, application }: Blocker): string {
  return `${application === "" ? login : application}, pid ${pid}`;
}
