import type { Database } from "./database.ts";
import { describeFailure } from "./failure.ts";
import { makeHeartbeat } from "./heartbeat.ts";
import { readIdentity } from "./identity.ts";
import { checkReadiness } from "./readiness.ts";

/** What a path answers, as JSON. */
export interface Answer {
  readonly status: 200 | 404 | 405 | 503;
  readonly body: object;
}

export type Route = (query: URLSearchParams) => Promise<Answer>;

export interface RoutesArgs {
  readonly service: string;
  readonly version: string;
  readonly databases: readonly Database[];
  readonly schemaVersions: Readonly<Record<string, string>>;
  /** `true` from the moment at which the process was told to end. */
  readonly isStopping: () => boolean;
  /** Told after each answer why it was no good; without reasons when it was. */
  readonly onFailure: (path: string, reasons: readonly string[]) => void;
}

/** The paths of the service. A failure of a database is an answer (503), never an exception. */
export function makeRoutes(args: RoutesArgs): ReadonlyMap<string, Route> {
  const { service, databases } = args;
  const heartbeats = databases.map((database) => makeHeartbeat(database, service));
  return new Map<string, Route>([
    ["/healthz", () => Promise.resolve({ status: 200, body: { service, alive: true } })],
    ["/readyz", () => answerReadiness(args)],
    ["/", () => answerForEach(args, "/", (database) => readIdentity(database))],
    [
      "/heartbeat",
      (query) => {
        const newConnection = query.get("new") === "1";
        return answerForEach(args, "/heartbeat", (_, at) => heartbeats[at]?.({ newConnection }));
      },
    ],
  ]);
}

async function answerReadiness(args: RoutesArgs): Promise<Answer> {
  const { service, databases } = args;
  if (args.isStopping()) {
    return { status: 503, body: { service, ready: false, reason: "stopping" } };
  }
  const states = await Promise.all(
    databases.map((database) => checkReadiness(database, args.schemaVersions)),
  );
  const reasons = states
    .filter((state) => !state.ready)
    .map((state) => `${state.database}: ${state.reason ?? "not ready"}`);
  args.onFailure("/readyz", reasons);
  const ready = reasons.length === 0;
  return { status: ready ? 200 : 503, body: { service, ready, databases: states } };
}

/** Asks every database side by side; one that fails is named with its reason, and makes it a 503. */
async function answerForEach(
  { service, version, databases, onFailure }: RoutesArgs,
  path: string,
  ask: (database: Database, at: number) => Promise<object> | undefined,
): Promise<Answer> {
  const reasons: string[] = [];
  const answers = await Promise.all(
    databases.map(async (database, at) => {
      try {
        return await ask(database, at);
      } catch (error) {
        const reason = describeFailure(error);
        reasons.push(`${database.name}: ${reason}`);
        return { database: database.name, reason };
      }
    }),
  );
  onFailure(path, reasons.toSorted());
  const status = reasons.length === 0 ? 200 : 503;
  return { status, body: { service, version, databases: answers } };
}
