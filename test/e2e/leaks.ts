import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

/** Postgres keeps these instead of a password; nobody logs in with one. */
const VERIFIER = /^SCRAM-SHA-256\$/;

/** Where a password was found. */
export interface Leak {
  readonly place: string;
  /** The line with the password blotted out. */
  readonly line: string;
}

/** What a search looked through. */
export interface LeakSearch {
  readonly passwords: number;
  /** Characters by place. */
  readonly searched: Readonly<Record<string, number>>;
  readonly leaks: readonly Leak[];
}

/**
 * Searches everything that is readable without the key of the secrets for a password: state, previews,
 * the CLI's output, objects of the cluster, logs of pods, termination messages (they stand in the pods'
 * status), and the log of the stack's own Postgres.
 */
export async function searchLeaks(stack: TestStack): Promise<LeakSearch> {
  const passwords = await generatedPasswords(stack);
  const places = await readPlaces(stack);
  return {
    passwords: passwords.length,
    searched: Object.fromEntries(places.map(([place, text]) => [place, text.length])),
    leaks: places.flatMap(([place, text]) => findPasswords(place, text, passwords)),
  };
}

/** Passwords in Secrets of the namespace and in the decrypted state; verifiers don't count. */
export async function generatedPasswords(stack: TestStack): Promise<readonly string[]> {
  const secrets = await stack.cluster.list("secrets").catch(() => []);
  const inCluster = secrets.flatMap(({ data }) =>
    Object.entries(data ?? {})
      .filter(([key]) => /password$/i.test(key))
      .map(([, value]) => Buffer.from(value, "base64").toString("utf8")),
  );
  const resources = await stack.resources({ secrets: true });
  const inState = resources.flatMap(({ type, outputs }) => {
    const result = type === "random:index/randomPassword:RandomPassword" ? outputs?.["result"] : "";
    return typeof result === "object" && result !== null && "plaintext" in result
      ? [JSON.parse(String(result.plaintext)) as string]
      : [];
  });
  return [...new Set([...inCluster, ...inState])].filter(
    (value) => value.length > 0 && !VERIFIER.test(value),
  );
}

/** Lines of `text` that hold a password. */
export function findPasswords(
  place: string,
  text: string,
  passwords: readonly string[],
): readonly Leak[] {
  return text.split("\n").flatMap((line) => {
    const found = passwords.filter((password) => line.includes(password));
    if (found.length === 0) return [];
    const blotted = found.reduce((rest, password) => rest.replaceAll(password, "********"), line);
    return [{ place, line: blotted.slice(0, 300) }];
  });
}

async function readPlaces(
  stack: TestStack,
): Promise<readonly (readonly [place: string, text: string])[]> {
  const { cluster } = stack;
  const preview = await stack.cli("preview", "--diff", "--json", "--non-interactive");
  const pods = await cluster.list("pods");
  const logs = await Promise.all(
    pods.map(({ metadata }) =>
      cluster
        .kubectl("logs", metadata.name, "--all-containers", "--tail=-1", "--prefix")
        .catch((error: unknown) => String(error)),
    ),
  );
  return [
    ["pulumi stack export", await stack.exportText()],
    ["pulumi preview --diff --json", preview.output],
    ["output of the CLI", stack.printed.join("\n")],
    [
      "pods, jobs, configmaps, deployments (with termination messages)",
      await cluster.kubectl("get", "pod,job,configmap,deployment", "--output", "yaml"),
    ],
    ["events", await cluster.kubectl("get", "events", "--output", "yaml")],
    ["logs of pods", logs.join("\n")],
    ["log of Postgres", await serverLog(stack)],
  ];
}

/** Log of the stack's own server in Docker; empty where it has none. */
export async function serverLog(stack: TestStack): Promise<string> {
  const filter = ["--filter", `name=^${stack.name}-`];
  const { stdout } = await run("docker", ["ps", "--all", "--quiet", ...filter]);
  const [id] = stdout.trim().split("\n");
  if (id === undefined || id === "") return "";
  const log = await run("docker", ["logs", id], { maxBuffer: 256 * 1024 * 1024 });
  return log.stdout + log.stderr;
}
