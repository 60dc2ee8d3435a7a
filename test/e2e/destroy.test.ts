import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { startExternalServer } from "./external-server.ts";
import { until } from "./observe.ts";
import { lineWith } from "./outcome.ts";
import {
  ORDERS,
  ORDERS_SERVICE,
  slowMigration,
  smallPlatform,
  STOCK,
  STOCK_SERVICE,
  tinyPlatform,
} from "./platforms.ts";
import { seeStatement } from "./postgres.ts";
import { runRunbook } from "./runbook.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

scenario("15: destroy removes everything while pods are connected", async (given) => {
  const { stack, images, note } = given;
  const small = await smallPlatform(await images.service("1"));
  const own = await stack({ part: "gone", ...small, searchLeaks: false });
  const up = await own.up();
  expect(up.ok, up.output).toBe(true);
  const sessions = await own.query(
    "postgres",
    `select usename from pg_stat_activity where usename in ('${ORDERS_SERVICE}_a', '${STOCK_SERVICE}_a')`,
  );
  expect(sessions.length, "pods are connected").toBeGreaterThanOrEqual(2);
  await expectDestroyed(own);
  note(`a server of the stack's own, ${sessions.length} connections of pods: nothing is left`);

  const server = await startExternalServer(given, 17);
  const { host, port, admin } = server;
  const shop = await stack({
    part: "drop",
    files: small.files,
    config: {
      ...small.config,
      server: {
        kind: "external",
        host,
        port,
        deployer: { host, port },
        admin: { user: admin.user },
        tls: { mode: "disable" },
      },
      provisioning: "provider",
    },
    searchLeaks: false,
  });
  const set = await shop.cli("config", "set", "--secret", "adminPassword", admin.password);
  expect(set.code, set.output).toBe(0);
  const deployed = await shop.up();
  expect(deployed.ok, deployed.output).toBe(true);
  await expectDestroyed(shop);
  const left = await server.connect("postgres", async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select datname::text as name from pg_database union all
       select rolname::text from pg_roles where rolname !~ '^pg_' order by 1`,
    );
    return rows.map(({ name }) => name);
  });
  expect(left).toEqual([admin.user, "postgres", "postgres", "template0", "template1"]);
  note("an external server: its databases and roles are gone too");
});

scenario("15: protected databases survive a destroy, which says how to go on", async (given) => {
  const { stack, images, note } = given;
  const small = await smallPlatform(await images.service("1"));
  const protect = (on: boolean) => ({ defaults: { database: { protect: on } } });
  const shop = await stack({
    part: "keep",
    files: small.files,
    config: { ...small.config, ...protect(true) },
    searchLeaks: false,
  });
  const up = await shop.up();
  expect(up.ok, up.output).toBe(true);
  await shop.query(ORDERS, "insert into things (name) values ('kept')");
  const before = identities(await shop.cluster.pods(ORDERS_SERVICE));

  // As people call it, with the preview that finds the protection before anything is deleted.
  const refused = await shop.cli("destroy", "--yes", "--color", "never");
  expect(refused.code).not.toBe(0);
  expect(refused.output).toContain("cannot be deleted");
  expect(refused.output).toContain("because it is protected");
  expect(refused.output).toContain("pulumi state unprotect");
  expect(await shop.query(ORDERS, "select name from things")).toEqual([{ name: "kept" }]);
  expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "the pods").toEqual(before);
  note(
    `refused: ${lineWith(refused.output, "cannot be deleted")} ${lineWith(refused.output, "because it is protected")}`,
  );

  await runRunbook(shop, given.engine, "Destroy a stack with protected databases");
  expect((await shop.resources()).some(({ type }) => type.endsWith(":Deployment"))).toBe(false);
  expect(await shop.query(STOCK, "select count(*)::int as n from things")).toEqual([{ n: 0 }]);
  expect(await shop.query(ORDERS, "select name from things")).toEqual([{ name: "kept" }]);
  note("destroy --exclude-protected: the rest is gone, the rows are there");

  const back = await shop.up();
  expect(back.ok, back.output).toBe(true);
  expect(await shop.query(ORDERS, "select name from things")).toEqual([{ name: "kept" }]);
  await shop.configure(protect(false));
  const unprotected = await shop.up();
  expect(unprotected.ok, unprotected.output).toBe(true);
  await expectDestroyed(shop);
});

const CONTAINER = "the container is starting";

/** Where a first `up` is, and how that is seen. */
const POINTS: Readonly<Record<string, (shop: TestStack) => Promise<unknown>>> = {
  [CONTAINER]: (shop) =>
    until("a container", async () =>
      (await remains(shop)).some((line) => line.includes("container")),
    ),
  "roles are being made": (shop) =>
    until("a role of the plan", async () => {
      const roles = await shop.query(
        "postgres",
        `select from pg_roles where rolname = '${ORDERS}_owner'`,
      );
      return roles.length > 0;
    }),
  "a migration runs": (shop) => seeStatement(shop, ORDERS, "pg_sleep"),
  "pods are starting": (shop) =>
    until("a pod that is not ready", async () =>
      (await shop.cluster.pods(ORDERS_SERVICE)).some((pod) => !isReady(pod)),
    ),
};

for (const [point, see] of Object.entries(POINTS)) {
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    scenario(
      `15: a first up that ${signal} ended while ${point} can be destroyed`,
      async (given) => {
        const shop = await given.stack({
          part: "half",
          ...(await tinyPlatform(await given.images.service("1"))),
          searchLeaks: false,
        });
        await shop.migrations(ORDERS, {
          "006_slow.sql": slowMigration(point === "a migration runs" ? 30 : 0),
        });
        const up = shop.start("up", "--yes", "--skip-preview");
        await see(shop);
        up.kill(signal);
        expect(await up.ended, up.output()).not.toBe(0);
        if (signal === "SIGKILL") await shop.cli("cancel", "--yes");
        if (signal === "SIGKILL" && point === CONTAINER) {
          // The state does not know the container over which the CLI was killed.
          expect((await shop.destroy()).ok, "the volume is in use").toBe(false);
          await runRunbook(
            shop,
            given.engine,
            "A first `up` was killed while Postgres was starting",
          );
        }
        await expectDestroyed(shop);
      },
    );
  }
}

/** Destroys, and looks that neither the state nor the cluster nor Docker has anything left. */
async function expectDestroyed(shop: TestStack): Promise<void> {
  const destroyed = await shop.destroy();
  expect(destroyed.ok, destroyed.output).toBe(true);
  expect(await shop.resources()).toEqual([]);
  expect(await remains(shop)).toEqual([]);
}

/** What carries the stack's name: its namespace, containers, volumes. */
async function remains(shop: TestStack): Promise<readonly string[]> {
  const filter = ["--filter", `name=^${shop.name}-`];
  const looks = await Promise.all([
    run("kubectl", ["get", "namespace", shop.name, "--ignore-not-found", "--output", "name"]),
    run("docker", ["ps", "--all", "--format", "container {{.Names}}", ...filter]),
    run("docker", ["volume", "ls", "--format", "volume {{.Name}}", ...filter]),
  ]);
  return looks.flatMap(({ stdout }) => stdout.split("\n").filter((line) => line !== ""));
}
