import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { expect } from "vitest";
import { selfSigned } from "../../migrator/test/integration/certificate.ts";
import { Cluster, identities, isReady } from "./cluster.ts";
import { type ExternalServer, startExternalServer } from "./external-server.ts";
import { changeLines, errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, tinyPlatform } from "./platforms.ts";
import { type Scenario, scenario } from "./scenario.ts";

const run = promisify(execFile);

scenario("14: an external server that demands TLS, with an authority of its own", async (given) => {
  const { stack, images, note } = given;
  const namespace = `e2e-server-${randomBytes(2).toString("hex")}`;
  const host = `database.${namespace}.svc`;
  const right = selfSigned(host);
  const server = await startExternalServer(given, 17, right);
  await nameServer(given, namespace, server);
  const tiny = await tinyPlatform(await images.service("1"));
  const config = {
    ...tiny.config,
    server: {
      kind: "external",
      version: 17,
      host,
      admin: { user: server.admin.user },
      tls: { mode: "verify-full", ca: "tls/ca.pem" },
    },
  };
  const wrong = selfSigned(host);
  const shop = await stack({
    part: "tls",
    config,
    files: { ...tiny.files, "tls/ca.pem": wrong.cert },
  });
  const set = await shop.cli("config", "set", "--secret", "adminPassword", server.admin.password);
  expect(set.code, set.output).toBe(0);
  const refused = await shop.up();
  expect(refused.ok).toBe(false);
  expect(errorText(refused)).toContain("certificate");
  expect(errorText(refused)).toContain(host);
  expect((await shop.cluster.pods(ORDERS_SERVICE)).length).toBe(0);
  note(
    `a wrong CA, first up: refused after ${refused.seconds} s: ${lineWith(errorText(refused), "certificate")}`,
  );

  await shop.project.write("tls/ca.pem", right.cert);
  const up = await shop.up();
  expect(up.ok, up.output).toBe(true);
  const pods = await shop.cluster.pods(ORDERS_SERVICE);
  expect(pods.map(isReady)).toEqual([true]);
  const { rows } = await server.connect("postgres", (client) =>
    client.query<{ user: string; ssl: boolean }>(
      `select distinct a.usename as user, s.ssl from pg_stat_activity a join pg_stat_ssl s using (pid)
       where a.datname = '${ORDERS}'`,
    ),
  );
  expect(rows).toEqual([{ user: `${ORDERS_SERVICE}_a`, ssl: true }]);
  note(`verify-full with the right CA: up ${up.seconds} s`);

  const before = identities(pods);
  await shop.project.write("tls/ca.pem", wrong.cert);
  await shop.migrations(ORDERS, { "006_next.sql": "create table next (id int);\n" });
  const again = await shop.up();
  expect(again.ok).toBe(false);
  expect(errorText(again)).toContain("certificate");
  expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "the pods").toEqual(before);
  note(
    `a wrong CA, later: refused after ${again.seconds} s: ${lineWith(errorText(again), "certificate")}`,
  );

  await shop.project.write("tls/ca.pem", right.cert);
  const mended = await shop.up();
  expect(mended.ok, mended.output).toBe(true);

  // On the way from one authority to the next both are trusted; what reads the file at its start only
  // must be started again.
  await shop.project.write("tls/ca.pem", `${right.cert}${wrong.cert}`);
  const both = await shop.up();
  expect(both.ok, both.output).toBe(true);
  expect(changeLines(both)).toEqual([
    `update ConfigMap ${shop.name}-postgres-ca`,
    `update Deployment ${shop.name}-${ORDERS_SERVICE}-deployment`,
  ]);
  const rolled = await shop.cluster.pods(ORDERS_SERVICE);
  expect(rolled.map(isReady)).toEqual([true]);
  expect(identities(rolled)).not.toEqual(before);
  note(`a second CA beside the first: the pods are rolled in ${both.seconds} s, no Job runs`);
});

/** A name in the cluster for the server: its certificate names no address. */
async function nameServer(
  { afterwards }: Scenario,
  namespace: string,
  { host, port }: ExternalServer,
): Promise<void> {
  await run("kubectl", ["create", "namespace", namespace]);
  afterwards(async () => {
    await run("kubectl", ["delete", "namespace", namespace]);
  });
  const cluster = new Cluster(namespace);
  const ports = [{ name: "postgres", port }];
  await cluster.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "database" },
    spec: { ports },
  });
  await cluster.apply({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "database-1", labels: { "kubernetes.io/service-name": "database" } },
    addressType: "IPv4",
    ports,
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
  });
}
