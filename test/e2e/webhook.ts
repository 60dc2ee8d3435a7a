import { until } from "./observe.ts";
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from "./restricted-pod.ts";
import type { TestStack } from "./test-stack.ts";

const NAME = "webhook";
const PORT = 8080;

/** Prints every text that it is sent; `/hang` never answers, `/500` is an error. */
const PROGRAM = `
require("node:http").createServer((request, response) => {
  let body = "";
  request.on("data", (data) => { body += data; });
  request.on("end", () => {
    if (request.url === "/hang") return;
    if (request.url === "/500") { response.statusCode = 500; return response.end("no"); }
    console.log("received " + JSON.stringify({ path: request.url, type: request.headers["content-type"], body: JSON.parse(body) }));
    response.end("ok");
  });
}).listen(${PORT}, () => console.log("listening"));
`;

/**
 * Starts an HTTP server in the stack's namespace that takes what a chat's webhook would.
 *
 * @param image one with Node, which the cluster can pull.
 * @returns its URL without a path.
 */
export async function startWebhook({ cluster }: TestStack, image: string): Promise<string> {
  const labels = { "app.kubernetes.io/name": NAME };
  await cluster.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: NAME, labels },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: RESTRICTED_POD,
      containers: [
        {
          name: NAME,
          image,
          command: ["node", "--eval", PROGRAM],
          securityContext: RESTRICTED_CONTAINER,
        },
      ],
    },
  });
  await cluster.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: NAME },
    spec: { selector: labels, ports: [{ port: PORT }] },
  });
  await until("the webhook's server", async () =>
    (await cluster.kubectl("logs", NAME)).includes("listening"),
  );
  return `http://${NAME}.${cluster.namespace}.svc:${PORT}`;
}

/** The texts that it has received, in order. */
export async function receivedTexts({ cluster }: TestStack): Promise<readonly string[]> {
  const log = await cluster.kubectl("logs", NAME);
  return log.split("\n").flatMap((line) => {
    if (!line.startsWith("received ")) return [];
    const { body } = JSON.parse(line.slice("received ".length)) as { body: { text: string } };
    return [body.text];
  });
}
