import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import type { ConnectionSettings } from "../../migrator/src/index.ts";

const ENTRY = "examples/battlescope/service/server.ts";

/** Bundles the service as the repository's build does, into a file of the caller's. */
export async function bundleService(outfile: string): Promise<void> {
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["pg-native"],
    logLevel: "silent",
  });
}

const NAMES = {
  pg: ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"],
  postgres: ["HOST", "PORT", "DB", "USER", "PASSWORD"].map((name) => `POSTGRES_${name}`),
  db: ["HOST", "PORT", "NAME", "USER", "PASSWORD"].map((name) => `DB_${name}`),
};

/** A connection as the variables of one kind, each behind the prefix. */
export function variables(
  kind: "url" | keyof typeof NAMES,
  { host, port, database, user, password = "" }: ConnectionSettings,
  prefix = "",
): Record<string, string> {
  if (kind === "url") {
    const address = `${host}:${port}/${database}?sslmode=disable`;
    return { [`${prefix}DATABASE_URL`]: `postgresql://${user}:${password}@${address}` };
  }
  const values = [host, String(port), database, user, password];
  return Object.fromEntries(NAMES[kind].map((name, at) => [`${prefix}${name}`, values[at] ?? ""]));
}

/** What one request was answered. */
export interface ServiceAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The service as a process of its own. */
export interface RunningService {
  readonly get: (path: string) => Promise<ServiceAnswer>;
  /** Resolves with the first line of the log of that event, be it written already or not yet. */
  readonly logged: (event: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly signal: (name: "SIGTERM") => void;
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number | null>;
}

export interface ServiceRun {
  readonly code: number | null;
  /** All that it wrote, to both streams. */
  readonly output: string;
}

/**
 * Starts the service with exactly this environment, calls `use` when it listens, and ends it.
 * @throws Error with its output where it ends before it listens.
 */
export async function withService(
  program: string,
  env: Readonly<Record<string, string>>,
  use: (service: RunningService) => Promise<void>,
): Promise<ServiceRun> {
  const child = spawn(process.execPath, [program], { env: { PORT: "0", ...env } });
  const lines: string[] = [];
  const ended = once(child, "close").then(() => child.exitCode);
  let wake = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      wake();
    });
  }
  const logged: RunningService["logged"] = async (event) => {
    for (;;) {
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const found = lines.map(parseLine).find((line) => line["event"] === event);
      if (found !== undefined) return found;
      if (child.exitCode !== null) {
        throw new Error(`ended with ${child.exitCode}, without "${event}":\n${lines.join("\n")}`);
      }
      // The end wakes too, or a process that died would be waited for until the test's timeout.
      await Promise.race([more, ended]);
    }
  };
  try {
    const { port } = await logged("started");
    await use({
      get: async (path) => {
        const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
        return { status: response.status, body: await response.json() };
      },
      logged,
      signal: (name) => void child.kill(name),
      ended,
    });
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  return { code: child.exitCode, output: lines.join("\n") };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null)
    throw new Error(`not a line of the log: ${line}`);
  return { ...value };
}
