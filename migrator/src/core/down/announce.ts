import type { EventListener } from "../events.ts";
import { pause } from "../pause.ts";
import { lossLines, type WayLosses } from "./loss-guard.ts";
import type { WayDown } from "./way-down.ts";

/** What is said before migrations are undone. */
export interface Announcement {
  /** The newest version that is in the database; `null`: none. */
  readonly version: string | null;
  /** How many migrations are in the history. */
  readonly applied: number;
  /** What will be undone, in order. */
  readonly ways: readonly WayDown[];
  readonly losses: readonly WayLosses[];
  /** How long it can still be stopped, in seconds. */
  readonly delaySeconds: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
}

/**
 * Says where the database is, what will be undone and what is lost with it, and gives time to stop it.
 *
 * @throws what stopped it, before anything was changed.
 */
export async function announce(announcement: Announcement): Promise<void> {
  const { version, applied, ways, losses, delaySeconds, signal, onEvent } = announcement;
  const say = (message: string): void => onEvent({ event: "notice", message });
  say(`before: at ${version ?? "no version"}, ${applied} in the history`);
  say(`will undo: ${ways.map(({ name }) => name).join(", ")}`);
  for (const line of lossLines(losses)) say(`will lose: ${line}`);
  if (losses.length === 0) say("will lose: nothing that can be told beforehand");
  if (announcement.dryRun || delaySeconds === 0) return;
  say(`begins in ${delaySeconds} s; end this process to stop it, nothing was changed yet`);
  await pause(delaySeconds * 1000, signal);
}
