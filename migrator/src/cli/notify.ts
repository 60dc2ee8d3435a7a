import { ENV } from "../contract.ts";
import { type Environment, variable } from "../core/connection/connection-parts.ts";
import { cutToBytes } from "../core/verdict.ts";

/** Bound of the whole exchange, in milliseconds: well within the time that a Job leaves to report. */
const PATIENCE = 5_000;

/** A chat shows the beginning; Slack cuts at 40 000 characters, and nobody reads that far. */
const LONGEST_TEXT = 3_000;

/** What a run ended in. */
export interface RunEnd {
  readonly outcome: "success" | "failure";
  /** The summary or the verdict. */
  readonly text: string;
}

/**
 * Tells the webhook of the environment, if there is one and it wants to know, what a run ended in. It
 * never throws: what was done to a database is done, whoever hears of it.
 *
 * @returns why nobody heard of it, without the URL, which is a secret; undefined: told, or not wanted.
 */
export async function notify(env: Environment, end: RunEnd): Promise<string | undefined> {
  const url = variable(env, ENV.notifyWebhook);
  if (url === undefined || !isWanted(env, end.outcome)) return undefined;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: messageOf(env, end) }),
      // To wherever it leads, the message was not meant.
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    return reasonOf(error);
  }
}

function isWanted(env: Environment, outcome: RunEnd["outcome"]): boolean {
  const wanted = variable(env, ENV.notifyOn);
  return wanted === undefined || wanted.split(",").includes(outcome);
}

function messageOf(env: Environment, { outcome, text }: RunEnd): string {
  const subject = variable(env, ENV.notifySubject);
  const head = outcome === "success" ? "Migrated" : "Migration FAILED";
  const whole = `${head}${subject === undefined ? "" : ` (${subject})`}: ${text}`;
  return escapeControls(cutToBytes(whole, LONGEST_TEXT));
}

/** Slack's three control characters: unescaped, text out of a migration could call `<!channel>`. */
function escapeControls(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The reason by its code; messages of `fetch` repeat parts of the URL. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") {
    return `no answer within ${PATIENCE / 1000} s`;
  }
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown =
    typeof cause === "object" && cause !== null ? Reflect.get(cause, "code") : undefined;
  return typeof code === "string" ? code : "the URL is not usable, or led elsewhere";
}
