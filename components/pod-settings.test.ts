import { expect, test } from "vitest";
import type { SidecarSpec } from "../config/spec.ts";
import { violations } from "../test/pod-security.ts";
import { buildPodSettings, buildSidecars } from "./pod-settings.ts";
import { buildRunnerJob } from "./runner-job.ts";

const sidecar: SidecarSpec = {
  name: "proxy",
  image: "registry/proxy@sha256:1",
  args: ["--port=5432"],
  env: { LEVEL: "info" },
  envFrom: [{ secret: "proxy-settings" }],
  resources: { limits: { memory: "128Mi" } },
};

test("a pod without settings has no field of them, so that no pod rolls for nothing", () => {
  expect(buildPodSettings(undefined)).toEqual({});
  expect(buildSidecars(undefined)).toEqual([]);
});

test("every setting becomes Kubernetes' own field", () => {
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } };
  expect(
    buildPodSettings({
      scheduling: {
        priorityClass: "urgent",
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "dedicated", operator: "Exists" }],
        affinity,
      },
      imagePullSecrets: ["a", "b"],
    }),
  ).toEqual({
    priorityClassName: "urgent",
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "dedicated", operator: "Exists" }],
    affinity,
    imagePullSecrets: [{ name: "a" }, { name: "b" }],
  });
});

test("a sidecar is an init container that goes on running, and others wait until it can work", () => {
  const [http] = buildSidecars({
    sidecars: [{ ...sidecar, ready: { port: 9801, path: "/startup" } }],
  });
  expect(http).toMatchObject({
    name: "proxy",
    image: "registry/proxy@sha256:1",
    restartPolicy: "Always",
    args: ["--port=5432"],
    env: [{ name: "LEVEL", value: "info" }],
    envFrom: [{ secretRef: { name: "proxy-settings" } }],
    startupProbe: { httpGet: { path: "/startup", port: 9801 } },
  });
  const [tcp] = buildSidecars({ sidecars: [{ ...sidecar, ready: { port: 5432 } }] });
  expect(tcp).toMatchObject({ startupProbe: { tcpSocket: { port: 5432 } } });
  expect(buildSidecars({ sidecars: [sidecar] })[0]).not.toHaveProperty("startupProbe");
});

test("a Job's pod with sidecars passes Pod Security restricted", () => {
  const main = { name: "migrate", args: ["up"], env: [], mounts: [] };
  const job = buildRunnerJob({
    image: "registry/migrator@sha256:2",
    labels: {},
    annotations: {},
    serviceAccount: "auth-migration",
    main,
    volumes: [],
    resources: {},
    pod: { sidecars: [sidecar] },
    deadlineSeconds: 60,
    retries: 0,
  }) as unknown as { template: { spec: Parameters<typeof violations>[0] } };
  expect(job.template.spec.initContainers?.map(({ name }) => name)).toEqual(["proxy"]);
  expect(violations(job.template.spec)).toEqual([]);
});
