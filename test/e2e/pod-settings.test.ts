import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { expect } from "vitest";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { type Scenario, scenario } from "./scenario.ts";

const run = promisify(execFile);

interface PodSpec {
  readonly priorityClassName?: string;
  readonly priority?: number;
  readonly nodeSelector?: object;
  readonly tolerations?: readonly { readonly key?: string }[];
  readonly affinity?: object;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly containers: readonly { readonly args?: readonly string[]; readonly resources: object }[];
}

/** A PriorityClass belongs to the whole cluster, so that it is made and deleted here. */
async function priorityClass({ afterwards }: Scenario, value: number): Promise<string> {
  const name = `e2e-priority-${randomBytes(3).toString("hex")}`;
  await run("kubectl", ["create", "priorityclass", name, `--value=${value}`]);
  afterwards(async () => {
    await run("kubectl", ["delete", "priorityclass", name]);
  });
  return name;
}

scenario(
  "42: scheduling, limits, retries and deadline: defaults of the stack, and an entry that wins over them",
  async (given) => {
    const { stack, images, note } = given;
    const image = await images.service("1");
    const urgent = await priorityClass(given, 1000);
    const tiny = await tinyPlatform(image);
    const tolerations = [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }];
    const shop = await stack({
      part: "sched",
      files: tiny.files,
      config: {
        defaults: {
          database: {
            deadline: "5m",
            retries: 1,
            scheduling: {
              priorityClass: urgent,
              nodeSelector: { "kubernetes.io/os": "linux" },
              tolerations,
            },
            imagePullSecrets: ["registry-login"],
          },
          service: { scheduling: { tolerations } },
        },
        databases: {
          [ORDERS]: smallDatabase(ORDERS, { retries: 3 }),
        },
        services: {
          [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, {
            scheduling: {
              affinity: {
                podAntiAffinity: {
                  preferredDuringSchedulingIgnoredDuringExecution: [
                    {
                      weight: 100,
                      podAffinityTerm: {
                        topologyKey: "kubernetes.io/hostname",
                        labelSelector: {
                          matchLabels: { "app.kubernetes.io/name": ORDERS_SERVICE },
                        },
                      },
                    },
                  ],
                },
              },
            },
          }),
        },
      },
    });
    const up = await shop.up();
    expect(up.ok, up.output).toBe(true);
    const [job] = await shop.cluster.jobPods(ORDERS);
    const jobPod = job?.spec as unknown as PodSpec;
    expect(jobPod.priorityClassName).toBe(urgent);
    expect(jobPod.priority).toBe(1000);
    expect(jobPod.nodeSelector).toEqual({ "kubernetes.io/os": "linux" });
    expect(jobPod.tolerations?.map(({ key }) => key)).toContain("dedicated");
    expect(jobPod.imagePullSecrets).toEqual([{ name: "registry-login" }]);
    expect(jobPod.containers[0]?.resources).toEqual({
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    });
    expect(jobPod.containers[0]?.args?.slice(-4)).toEqual(["--deadline", "270", "--retries", "3"]);
    const [pod] = await shop.cluster.pods(ORDERS_SERVICE);
    const servicePod = pod?.spec as unknown as PodSpec;
    expect(servicePod.tolerations?.map(({ key }) => key)).toContain("dedicated");
    expect(Object.keys(servicePod.affinity ?? {})).toEqual(["podAntiAffinity"]);
    expect(servicePod.priority).toBe(0);
    note(
      `up ${up.seconds} s; the Job's pod: priority ${jobPod.priority}, ${JSON.stringify(jobPod.containers[0]?.resources)}, ${jobPod.containers[0]?.args?.slice(-4).join(" ")}`,
    );

    // No node has this label: the Job ends at its deadline, and says why.
    await shop.configure({
      defaults: {
        database: { deadline: "1m", scheduling: { nodeSelector: { disk: "none-has-this" } } },
      },
    });
    const before = await shop.cluster.pods(ORDERS_SERVICE);
    const held = await shop.up();
    expect(held.ok).toBe(false);
    expect(held.output).toContain("no node took its pod");
    const after = await shop.cluster.pods(ORDERS_SERVICE);
    expect(after.map(({ metadata }) => metadata.uid)).toEqual(
      before.map(({ metadata }) => metadata.uid),
    );
    note(
      `a node selector that no node has: failed after ${held.seconds} s: ${held.output
        .split("\n")
        .find((line) => line.includes("no node took"))
        ?.trim()
        .slice(0, 300)}`,
    );
  },
);

scenario(
  "43: a mistake in the settings of pods is refused before anything is made",
  async ({ stack, images, note }) => {
    const tiny = await tinyPlatform(await images.service("1"));
    const shop = await stack({
      part: "podbad",
      ...tiny,
      searchLeaks: false,
      config: {
        ...tiny.config,
        databases: {
          [ORDERS]: smallDatabase(ORDERS, {
            after: [ORDERS],
            scheduling: { tolerations: [{ operator: "Equal", value: "x" }] },
            sidecars: [{ name: "migrate", image: "proxy:latest" }],
            serviceAccount: { create: false },
          }),
        },
      },
    });
    const preview = await shop.preview();
    expect(preview.ok).toBe(false);
    const said = preview.output;
    expect(said).toContain("goes round in a circle");
    expect(said).toContain("has no key: name one, or set operator: Exists to tolerate every taint");
    expect(said).toContain("must name an image by its digest");
    expect(said).toContain("create: false needs the account that exists");
    expect(await shop.resources()).toEqual([]);
    for (const line of said.split("\n").filter((each) => each.includes("databases."))) {
      note(line.trim().slice(0, 200));
    }
  },
);
