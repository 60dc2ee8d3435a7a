import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { Platform } from "../components/platform.ts";
import type { PlatformSpec } from "../config/spec.ts";
import { everyStrategy } from "./every-strategy.ts";
import { podOf, violations } from "./pod-security.ts";
import {
  type Recorded,
  type Recording,
  recordProgram,
  type RecordOptions,
} from "./record-program.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

/** What holds each Deployment in the graph: Jobs, schema ConfigMaps and other services, by hand. */
const HELD_BY: Readonly<Record<string, readonly string[]>> = {
  jobs: ["by-job-migration-job", "by-job-migration-schema"],
  hands: ["by-hand-migration-job", "by-hand-migration-schema"],
  // Its own files, and the Job of the database that comes before its own.
  pods: ["by-job-migration-job", "by-job-migration-schema", "by-pod-migration-files"],
  programs: ["by-program-migration-files"],
  nobodys: [],
  watcher: ["by-pod-migration-schema", "pods-deployment"],
  reports: [
    "by-hand-migration-job",
    "by-hand-migration-schema",
    "by-job-migration-job",
    "by-job-migration-schema",
    "by-pod-migration-schema",
    "by-program-migration-schema",
    "pods-deployment",
    "programs-deployment",
  ],
};

let spec: PlatformSpec;
let recording: Recording;
let resources: readonly Recorded[];

const record = (options?: RecordOptions): Promise<Recording> =>
  recordProgram(() => void new Platform(spec.name, { spec, secrets: {} }), options);

beforeAll(async () => {
  spec = await everyStrategy();
  recording = await record();
  ({ resources } = recording);
});

describe("a stack with a database of every strategy", () => {
  test.each(Object.entries(HELD_BY))("holds %s, on its Deployment itself", (service, holds) => {
    const deployment = recording.find(DEPLOYMENT, `tidegate-${service}-deployment`);
    const names = resources
      .filter(({ urn }) => deployment.dependencies.includes(urn))
      .map(({ name }) => name.replace(/^tidegate-/, ""))
      .filter((name) => /-(migration-(job|schema|files)|deployment)$/.test(name));
    expect(names.toSorted()).toEqual(holds);
  });

  test("makes Jobs for job and manual, and a contract Job wherever there is something to contract", () => {
    const jobs = resources.filter(({ type, name }) => type === JOB && !name.endsWith("-bootstrap"));
    expect(jobs.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-by-hand-migration-job",
      "tidegate-by-job-contract-job",
      "tidegate-by-job-migration-job",
      "tidegate-by-pod-contract-job",
    ]);
  });

  test("manual only looks, is replaced after a failure, and names the commands to go on with", () => {
    const job = recording.find(JOB, "tidegate-by-hand-migration-job");
    expect(containersOf(job).map(({ name, args }) => [name, ...(args ?? [])])).toEqual([
      [
        "pre-flight-check",
        "wait",
        "--expect-owner",
        "--within",
        "60",
        "--verdict",
        "/verdict/pre-flight.json",
      ],
      [
        "status",
        "status",
        "--fail-on-pending",
        "--phase",
        "expand",
        "--verdict",
        "/verdict/pre-flight.json",
        "--next",
        "job=by-hand-by-hand-$(date +%s) && kubectl create job --namespace strategies --from=cronjob/by-hand-migrate-manual $job && kubectl wait --namespace strategies --for=condition=complete --timeout=10m job/$job && pulumi up",
      ],
    ]);
    expect(job.replaceOnChanges).toContain("#initerror");
  });

  test("only a database's own Job or init container, and with consent its program, holds its migrator's Secret", () => {
    const holders = resources.flatMap((resource) =>
      containersOf(resource).flatMap((container) =>
        [...JSON.stringify(container).matchAll(/"name":"(by-[a-z]+)-migrator"/g)].map(
          ([, database]) => `${database} in ${resource.name} ${container.name}`,
        ),
      ),
    );
    expect([...new Set(holders)].toSorted()).toEqual([
      "by-hand in tidegate-by-hand-manual-migrate migrate",
      "by-hand in tidegate-by-hand-manual-migrate pre-flight-check",
      "by-hand in tidegate-by-hand-manual-status pre-flight-check",
      "by-hand in tidegate-by-hand-manual-status status",
      "by-hand in tidegate-by-hand-migration-job pre-flight-check",
      "by-hand in tidegate-by-hand-migration-job status",
      "by-job in tidegate-by-job-contract-job migrate",
      "by-job in tidegate-by-job-contract-job pre-flight-check",
      "by-job in tidegate-by-job-manual-migrate migrate",
      "by-job in tidegate-by-job-manual-migrate pre-flight-check",
      "by-job in tidegate-by-job-manual-status pre-flight-check",
      "by-job in tidegate-by-job-manual-status status",
      "by-job in tidegate-by-job-migration-job migrate",
      "by-job in tidegate-by-job-migration-job pre-flight-check",
      "by-pod in tidegate-by-pod-contract-job migrate",
      "by-pod in tidegate-by-pod-contract-job pre-flight-check",
      "by-pod in tidegate-pods-deployment migrate-by-pod",
      "by-program in tidegate-programs-deployment programs",
    ]);
  });

  test("an init container migrates before schema-gate, which reads what it has applied", () => {
    const [migrate, gate, ...rest] = containersOf(deploymentOf("pods"));
    expect(rest.map(({ name }) => name)).toEqual(["pods"]);
    expect(migrate?.name).toBe("migrate-by-pod");
    expect(migrate?.args?.join(" ")).toBe(
      "up --phase expand --ahead notice --expect-owner --lock-wait 135 --idle-in-transaction-timeout 300 --deadline 270 --retries 2",
    );
    expect(gate?.args).toContain("BY_POD=/etc/tidegate/schema/by_pod/schema.json");
    const files = recording.find(CONFIG_MAP, "tidegate-by-pod-migration-files");
    const mounted = (podOf(deploymentOf("pods"))?.volumes ?? []).filter((volume) =>
      JSON.stringify(volume).includes(`"${files.name}-00000000"`),
    );
    expect(mounted.map((volume) => volume["name"])).toEqual(["by-pod-schema", "by-pod-migrations"]);
  });

  test("a program that migrates gets folder and connection, no gate of its own, and time to start", () => {
    const [program, ...rest] = containersOf(deploymentOf("programs"));
    expect(rest).toEqual([]);
    const names = (program?.env ?? []).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("MIGRATOR_"))).toEqual([
      "MIGRATOR_PGHOST",
      "MIGRATOR_PGPORT",
      "MIGRATOR_PGDATABASE",
      "MIGRATOR_PGUSER",
      "MIGRATOR_PGPASSWORD",
      "MIGRATOR_PGSSLMODE",
      "MIGRATOR_MIGRATIONS_DIR",
    ]);
    expect(program?.startupProbe).toMatchObject({ periodSeconds: 2, failureThreshold: 150 });
  });

  test("who only reads waits in its pod for every database that has a gate", () => {
    const [gate] = containersOf(deploymentOf("reports"));
    const waits = (gate?.args ?? []).filter((arg) => arg.includes("=/etc/tidegate/schema/"));
    expect(waits.map((arg) => arg.split("=")[0])).toEqual([
      "BY_HAND",
      "BY_JOB",
      "BY_POD",
      "BY_PROGRAM",
    ]);
    expect(containersOf(deploymentOf("nobodys")).map(({ name }) => name)).toEqual(["nobodys"]);
    const schema = recording.find(CONFIG_MAP, "tidegate-by-pod-migration-schema");
    expect(schema.inputs["metadata"]).toMatchObject({ name: "by-pod-schema" });
    expect(schema.dependencies).toContain(deploymentOf("pods").urn);
  });

  test("a contract Job comes after every service of its database, and knows their versions", () => {
    const job = recording.find(JOB, "tidegate-by-pod-contract-job");
    expect(job.dependencies).toContain(deploymentOf("pods").urn);
    expect(job.dependencies).toContain(deploymentOf("reports").urn);
    const versions = recording.find(CONFIG_MAP, "tidegate-by-pod-contract-services");
    expect(job.dependencies).toContain(versions.urn);
    const { "services.json": text = "" } = versions.inputs["data"] as Record<string, string>;
    expect(JSON.parse(text)).toEqual({
      format: 1,
      command: "kubectl get pods --namespace strategies -l app.kubernetes.io/component=service",
      services: [
        { name: "pods", logins: ["pods_a", "pods_b"], applicationName: "pods@444444444444" },
        {
          name: "reports",
          logins: ["reports_a", "reports_b"],
          applicationName: "reports@111111111111",
        },
      ],
    });
    const migrate = containersOf(job).find(({ name }) => name === "migrate");
    expect(migrate?.args?.join(" ")).toContain(
      " --services /services/services.json --older-versions refuse",
    );
  });

  test("each service's connections carry its version, in the pod and not in the Secret", () => {
    const env = containersOf(deploymentOf("jobs")).at(-1)?.env ?? [];
    expect(env).toContainEqual({ name: "PGAPPNAME", value: "jobs@222222222222" });
    expect(env).toContainEqual({
      name: "DATABASE_URL",
      value: "$(TIDEGATE_DATABASE_URL)&application_name=jobs%40222222222222",
    });
    const names = env.map(({ name }) => name);
    expect(names.indexOf("TIDEGATE_DATABASE_URL")).toBeLessThan(names.indexOf("DATABASE_URL"));
    const secret = recording.find("kubernetes:core/v1:Secret", "tidegate-jobs-login-secret");
    expect(JSON.stringify(secret.inputs)).not.toContain("jobs@");
  });

  test("every pod passes the rules of Pod Security restricted", () => {
    const pods = resources.flatMap((resource) => {
      const pod = podOf(resource);
      return pod === undefined ? [] : [{ name: resource.name, found: violations(pod) }];
    });
    expect(pods.length).toBeGreaterThan(10);
    expect(pods.filter(({ found }) => found.length > 0)).toEqual([]);
  });

  test("every Deployment behind a gate has the hook, and one whose pods migrate says where its reason is", () => {
    for (const service of Object.keys(HELD_BY)) {
      const { hooks } = deploymentOf(service);
      expect(hooks.beforeUpdate, service).toEqual([`tidegate-${service}-gate`]);
      const speaks = service === "pods" || service === "programs";
      expect(hooks.onError, service).toEqual(speaks ? [`tidegate-${service}-silence`] : []);
    }
  });
});

test("a webhook hears of what an init container migrates; a program of a service's never gets its URL", async () => {
  const notifications = { webhook: "slack", on: ["failure" as const] };
  const told = await recordProgram(
    () =>
      void new Platform(spec.name, {
        spec: { ...spec, notifications },
        secrets: { slack: pulumi.secret("https://hooks.example/s3cr3t") },
      }),
  );
  const webhook = told.find("kubernetes:core/v1:Secret", "tidegate-notifications-webhook");
  const deployments = told.resources.filter(({ type }) => type === DEPLOYMENT);
  const hearing = deployments.flatMap((deployment) =>
    containersOf(deployment).flatMap(({ name, env = [] }) =>
      env.some((variable) => variable.name === "NOTIFY_WEBHOOK_URL") ? [name] : [],
    ),
  );
  expect(hearing).toEqual(["migrate-by-pod"]);
  const pods = told.find(DEPLOYMENT, "tidegate-pods-deployment");
  expect(pods.dependencies).toContain(webhook.urn);
  const programs = told.find(DEPLOYMENT, "tidegate-programs-deployment");
  expect(programs.dependencies).not.toContain(webhook.urn);
});

test("while a Deployment whose pods migrate has not rolled out, those that read are refused", async () => {
  const { hooks } = await record({ stuck: ["tidegate-pods-deployment"] });
  const refused: Record<string, string> = {};
  for (const service of Object.keys(HELD_BY)) {
    try {
      await hooks.get(`tidegate-${service}-gate`)?.();
    } catch (error) {
      refused[service] = error instanceof Error ? error.message : String(error);
    }
  }
  expect(Object.keys(refused).toSorted()).toEqual(["reports", "watcher"]);
  expect(refused["watcher"]).toContain(
    "database 'by_pod': Deployment 'pods', whose pods migrate it, has not rolled out",
  );
  expect(refused["watcher"]).toContain(
    "pulumi up --target '**::tidegate-watcher-*' --target '**::tidegate-by-pod-*' --target '**::tidegate-pods-*' --target '**-image'",
  );
});

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly startupProbe?: object;
}

function deploymentOf(service: string): Recorded {
  return recording.find(DEPLOYMENT, `tidegate-${service}-deployment`);
}

/** Init containers, then the others. */
function containersOf(resource: Recorded): readonly Container[] {
  const pod = podOf(resource);
  return pod === undefined ? [] : [...(pod.initContainers ?? []), ...pod.containers];
}
