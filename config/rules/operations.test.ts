import { describe, expect, test } from "vitest";
import { parsePlatform } from "../parse.ts";
import { report } from "../problem.ts";
import type { PlatformSpec } from "../spec.ts";
import { changed, CONTEXT, DIGEST, problemsIn, type Row } from "../test-platform.ts";
import type { Tree } from "../tree.ts";

const NONE = { encrypted: new Set<string>(), clear: new Set<string>() };
const PROXY = { instance: "acme:europe-west1:main", image: `registry/proxy@${DIGEST}` };
const cloudSql = (proxy: Tree = {}, server: Tree = {}): Tree => ({
  server: { kind: "external", ...server, cloudSqlProxy: { ...PROXY, ...proxy } },
});

function specOf(raw: Tree): PlatformSpec {
  const parsed = parsePlatform([{ source: "Pulumi.dev.yaml", value: raw }], CONTEXT);
  if ("problems" in parsed) throw new Error(report("dev", parsed.problems));
  return parsed.spec;
}

const ROWS: readonly Row[] = [
  [
    "a login of IAM",
    cloudSql({ iamLogins: true }),
    [
      "server.cloudSqlProxy.iamLogins: is not possible: a login of IAM is made by Google's API, not by SQL, so that Tidegate can neither make it nor lock it nor give it a second one for a rotation; take it out, the logins have passwords that the proxy encrypts on the way",
    ],
  ],
  [
    "TLS or a host beside the proxy",
    cloudSql({}, { host: "10.0.0.3", tls: { mode: "verify-full" } }),
    [
      "server.tls.mode: verify-full is not possible behind the proxy, which encrypts and checks by itself and is talked to within the pod: take it out",
      "server.host: has no effect with cloudSqlProxy, as pods reach the server through the proxy only: take it out",
    ],
  ],
  [
    "a proxy for a server that is not external",
    { server: { kind: "docker", cloudSqlProxy: PROXY } },
    [
      "server.cloudSqlProxy: has no meaning for a server of kind docker, only for external: take it out, or change server.kind",
    ],
  ],
  [
    "a proxy on the port of a service",
    cloudSql({ port: 8080 }),
    [
      "services.api.port: 8080 is taken by the Cloud SQL proxy in the same pod: set server.cloudSqlProxy.port or healthPort",
    ],
  ],
  [
    "an instance that is none",
    cloudSql({ instance: "main" }),
    [
      'server.cloudSqlProxy.instance: "main" is no instance connection name: give project:region:instance',
    ],
  ],
  [
    "the namespace of everything as that of the migrations",
    { namespace: "shop", migrationNamespace: "shop" },
    ['migrationNamespace: "shop" is the namespace of everything: take it out, or name another'],
  ],
  [
    "a namespace of their own for migrations that services' pods run",
    { migrationNamespace: "ops", databases: { auth: { strategy: "initContainer" } } },
    [
      "databases.auth.strategy: initContainer needs the migrator's Secret beside the services, and migrationNamespace keeps it from there: take one of the two out",
    ],
  ],
  ["a switch that is none", { networkPolicies: "yes" }, ["networkPolicies: must be true or false"]],
  [
    "nothing to be told",
    { notifications: { webhook: "slack", on: [] } },
    ["notifications.on: must name success, failure or both"],
  ],
  [
    "a share of the deadline beyond it",
    { monitoring: { longAfter: 2 } },
    ["monitoring.longAfter: must be a share of the deadline from 0.05 to 1"],
  ],
];

test.each(ROWS)("%s is refused", (_sentence, change, problems) => {
  expect(problemsIn(changed(change))).toEqual(problems);
});

test("a webhook whose URL is not set, or in clear, is refused and not quoted", () => {
  const raw = changed({ notifications: { webhook: "slack" } });
  expect(problemsIn(raw, { secrets: NONE })).toEqual([
    "notifications.webhook: is not set: pulumi config set --secret slack",
  ]);
  expect(problemsIn(raw, { secrets: { ...NONE, clear: new Set(["slack"]) } })).toEqual([
    'notifications.webhook: "slack" is stored in clear: pulumi config set --secret slack encrypts it; then change the secret itself, as it was readable',
  ]);
  expect(problemsIn(raw, { secrets: { ...NONE, encrypted: new Set(["slack"]) } })).toEqual([]);
});

describe("the Cloud SQL proxy", () => {
  const spec = specOf(changed(cloudSql({ privateIp: true })));

  test("is the address of the server, and encrypts in place of Postgres", () => {
    expect(spec.server.pods).toEqual({ host: "127.0.0.1", port: 5432 });
    expect(spec.server.tls).toEqual({ mode: "disable" });
    expect(spec.server.proxy?.args).toEqual([
      "--structured-logs",
      "--address=127.0.0.1",
      "--port=5432",
      "--health-check",
      "--http-address=0.0.0.0",
      "--http-port=9801",
      "--max-sigterm-delay=30s",
      "--private-ip",
      "acme:europe-west1:main",
    ]);
  });

  test("stands beside everything that connects, and nothing else", () => {
    const names = (entries: PlatformSpec["databases"] | PlatformSpec["services"]) =>
      entries.map(({ name, pod }) => [name, pod?.sidecars?.map((sidecar) => sidecar.name)]);
    expect(names(spec.databases)).toEqual([
      ["auth", ["cloud-sql-proxy"]],
      ["battles", ["cloud-sql-proxy"]],
    ]);
    expect(names(spec.services)).toEqual([
      ["api", ["cloud-sql-proxy"]],
      ["web", undefined],
    ]);
  });
});

test("what is switched off, by text as Pulumi hands it over too, does not stand in the spec", () => {
  const spec = specOf(changed({ networkPolicies: "false", monitoring: { longAfter: 0.8 } }));
  expect(Object.keys(spec)).not.toContain("networkPolicies");
  expect(Object.keys(spec)).not.toContain("monitoring");
  expect(specOf(changed({ networkPolicies: "true" })).networkPolicies).toBe(true);
  expect(specOf(changed({ monitoring: { prometheusRule: true } })).monitoring).toEqual({
    longAfter: 0.5,
    prometheusRule: { labels: {} },
  });
});
