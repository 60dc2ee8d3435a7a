import { Cluster } from "./cluster.ts";
import { until } from "./observe.ts";
import type { Scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/**
 * Sends SIGKILL to the first process of a container. Inside of the container that is impossible (the
 * kernel keeps process 1 from it), so a pod that sees the node's processes does it, in a namespace of
 * its own that Pod Security leaves alone.
 *
 * @param image one with Node that the cluster can pull.
 */
export async function killContainer(
  { afterwards }: Pick<Scenario, "afterwards">,
  stack: TestStack,
  target: { readonly pod: string; readonly container: string },
  image: string,
): Promise<void> {
  const text = await stack.cluster.kubectl("get", "pod", target.pod, "--output", "json");
  const pod = JSON.parse(text) as {
    spec: { nodeName: string };
    status: { containerStatuses: { name: string; containerID: string }[] };
  };
  const id = pod.status.containerStatuses
    .find(({ name }) => name === target.container)
    ?.containerID.replace(/^.*\/\//, "");
  if (id === undefined) throw new Error(`${target.pod} has no container ${target.container}`);
  const killer = new Cluster(`${stack.name}-node`);
  await killer.apply({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: killer.namespace,
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    },
  });
  afterwards(async () => {
    await killer.kubectl(
      "delete",
      "namespace",
      killer.namespace,
      "--ignore-not-found",
      "--wait=false",
    );
  });
  const name = `kill-${id.slice(0, 12)}`;
  await killer.apply(killerPod(name, pod.spec.nodeName, id, image));
  const log = await until("the pod that kills a process", async () => {
    const [seen] = await killer.list("pods", `app.kubernetes.io/name=${name}`);
    return seen?.status?.phase === "Succeeded" || seen?.status?.phase === "Failed"
      ? await killer.kubectl("logs", name)
      : undefined;
  });
  if (!log.includes("killed")) throw new Error(`no process of ${target.pod} was killed: ${log}`);
}

const PROGRAM = `
const fs = require("node:fs");
const id = process.argv[1];
const found = fs.readdirSync("/proc").filter((pid) => {
  if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid) return false;
  try {
    return fs.readFileSync("/proc/" + pid + "/cgroup", "utf8").includes(id)
      && fs.readFileSync("/proc/" + pid + "/cmdline", "utf8").includes("migrator");
  } catch { return false; }
});
for (const pid of found) { process.kill(Number(pid), "SIGKILL"); console.log("killed " + pid); }
`;

function killerPod(name: string, nodeName: string, id: string, image: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { "app.kubernetes.io/name": name } },
    spec: {
      nodeName,
      hostPID: true,
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      containers: [
        {
          name: "kill",
          image,
          command: ["node", "--eval", PROGRAM],
          args: [id],
          securityContext: { runAsUser: 0, runAsNonRoot: false },
        },
      ],
    },
  };
}
