import { until } from "./observe.ts";
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from "./restricted-pod.ts";
import type { TestStack } from "./test-stack.ts";

/** Requests a second; the bound that the scenarios demand is 20. */
const RATE = 25;

/** How long the load goes on after the work, in seconds: old pods end only after the `up`. */
const AFTERWARDS = 30;

/** What the load saw. */
export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  /** Requests a second over the whole time. */
  readonly rate: number;
  readonly seconds: number;
  /** Answers by the version of the image that gave them. */
  readonly versions: Readonly<Record<string, number>>;
  /** The first failures, with the second in which they came. */
  readonly reasons: readonly string[];
}

export interface LoadArgs {
  /** The Kubernetes Service that is asked, and its port. */
  readonly service: string;
  readonly port: number;
  /** An image with Node, which the cluster can pull: a service's. */
  readonly image: string;
  /** Requests a second; default 25. */
  readonly rate?: number;
}

/**
 * Calls `work` while a pod in the cluster asks the Service for `/heartbeat?new=1`, which writes and
 * reads a row over a new connection to Postgres; each request is a new connection to the Service too,
 * so that kube-proxy chooses the pod. It begins before `work` (the first answers are in) and ends 30 s
 * after it.
 */
export async function withLoad<T>(
  stack: TestStack,
  args: LoadArgs,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly load: LoadResult }> {
  const pod = `load-${args.service}`;
  await stack.cluster.apply(loadPod(pod, args));
  const log = async (): Promise<string> => await stack.cluster.kubectl("logs", pod);
  await until("the load's first answers", async () => (await log()).includes("warm"));
  const result = await work();
  await stack.cluster.kubectl("exec", pod, "--", "touch", "/tmp/ending");
  const text = await until(
    "the end of the load",
    async () => {
      const written = await log();
      return written.includes("result ") ? written : undefined;
    },
    AFTERWARDS + 60,
  );
  const load = JSON.parse(text.slice(text.indexOf("result ") + 7)) as LoadResult;
  await stack.cluster.kubectl("delete", "pod", pod, "--wait=false");
  return { result, load };
}

/** One line for the report. */
export function describeLoad(load: LoadResult): string {
  const by = Object.entries(load.versions).map(([version, count]) => `${version}: ${count}`);
  const why = load.reasons.length === 0 ? "" : ` (${load.reasons.join("; ")})`;
  return `load: ${load.requests} requests in ${load.seconds} s (${load.rate}/s), ${load.failures} failures${why}; answered by version ${by.join(", ")}`;
}

/** Sends without waiting for answers, so that a slow server does not lower the rate. */
const PROGRAM = `
const http = require("node:http"), fs = require("node:fs");
const [url, rate, afterwards] = process.argv.slice(1);
const began = Date.now(), versions = {}, reasons = [];
let requests = 0, failures = 0, answered = 0, open = 0, warm = false, endsAt = Infinity;
const fail = (reason) => {
  failures += 1;
  if (reasons.length < 20) reasons.push(((Date.now() - began) / 1000).toFixed(1) + " s: " + reason);
};
const ask = () => {
  requests += 1; open += 1;
  let done = false;
  const end = (reason) => {
    if (done) return;
    done = true; open -= 1;
    if (reason === undefined) answered += 1; else fail(reason);
  };
  const request = http.get(url, { agent: false, headers: { connection: "close" }, timeout: 10000 }, (response) => {
    let text = "";
    response.on("data", (data) => { text += data; });
    response.on("error", (error) => end(String(error.code ?? error.message)));
    response.on("end", () => {
      if (response.statusCode !== 200) return end(response.statusCode + " " + text.slice(0, 300));
      let version = "unknown";
      try { version = JSON.parse(text).version; } catch { return end("no JSON: " + text.slice(0, 100)); }
      versions[version] = (versions[version] ?? 0) + 1;
      end();
    });
  });
  request.on("timeout", () => request.destroy(new Error("no answer in 10 s")));
  request.on("error", (error) => end(String(error.code ?? error.message)));
};
const timer = setInterval(() => {
  if (!warm && answered >= rate) { warm = true; console.log("warm"); }
  if (endsAt === Infinity && fs.existsSync("/tmp/ending")) endsAt = Date.now() + afterwards * 1000;
  if (Date.now() < endsAt) return ask();
  if (open > 0) return;
  clearInterval(timer);
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  const rated = Math.round(requests / seconds * 10) / 10;
  console.log("result " + JSON.stringify({ requests, failures, rate: rated, seconds, versions, reasons }));
}, 1000 / rate);
`;

function loadPod(name: string, { service, port, image, rate = RATE }: LoadArgs): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { "app.kubernetes.io/name": name } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: RESTRICTED_POD,
      containers: [
        {
          name: "load",
          image,
          command: ["node", "--eval", PROGRAM],
          args: [`http://${service}:${port}/heartbeat?new=1`, String(rate), String(AFTERWARDS)],
          // A pod that asks for nothing gets nothing on a busy machine, and would measure itself.
          resources: { requests: { cpu: "250m", memory: "64Mi" } },
          securityContext: RESTRICTED_CONTAINER,
        },
      ],
    },
  };
}
