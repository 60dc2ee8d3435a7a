import { expect } from "vitest";
import { type Catalog, readCatalog } from "../../migrator/test/integration/catalog.ts";
import { isReady } from "./cluster.ts";
import { type ExternalServer, startExternalServer } from "./external-server.ts";
import { findPasswords, generatedPasswords } from "./leaks.ts";
import {
  ORDERS,
  ORDERS_SERVICE,
  sampleService,
  smallPlatform,
  STOCK,
  STOCK_SERVICE,
} from "./platforms.ts";
import { type Scenario, scenario } from "./scenario.ts";

const DATABASES = [ORDERS, STOCK];
const LOGINS = [ORDERS_SERVICE, STOCK_SERVICE].flatMap((name) => [`${name}_a`, `${name}_b`]);

scenario("13: both ways of provisioning lead to one catalog on Postgres 15", async (given) => {
  await compareWays(given, 15);
});

scenario("13: both ways of provisioning lead to one catalog on Postgres 17", async (given) => {
  await compareWays(given, 17);
});

async function compareWays(given: Scenario, major: number): Promise<void> {
  const provider = await provisionedBy(given, "provider", major);
  const job = await provisionedBy(given, "job", major);
  expect(job).toEqual(provider);

  // An empty catalog would be equal too.
  const [orders] = provider;
  expect(orders?.roles.map(({ name }) => name)).toEqual(
    [
      ...LOGINS,
      ...["app", "migrator", "owner", "readonly"].map((role) => `${ORDERS}_${role}`),
    ].toSorted(),
  );
  expect(orders?.database).toMatchObject({
    owner: `${ORDERS}_owner`,
    acl: [
      `${ORDERS}_app=c/${ORDERS}_owner`,
      `${ORDERS}_owner=CTc/${ORDERS}_owner`,
      `${ORDERS}_readonly=c/${ORDERS}_owner`,
    ],
  });
  expect(orders?.extensions.some((text) => text.startsWith("citext of "))).toBe(true);
  const count = (all: readonly Catalog[]): string =>
    all
      .map(({ roles, memberships, defaults, settings }) =>
        [
          `${roles.length} roles`,
          `${memberships.length} memberships`,
          `${Object.keys(defaults).length} default privileges`,
          `${Object.keys(settings).length} settings`,
        ].join(", "),
      )
      .join("; ");
  given.note(`equal on ${major}: ${count(provider)}`);
}

/** The catalogs of both databases after an `up` on a server of its own, with an admin that is no superuser. */
async function provisionedBy(
  given: Scenario,
  provisioning: "provider" | "job",
  major: number,
): Promise<readonly Catalog[]> {
  const server = await startExternalServer(given, major);
  const image = await given.images.service("1");
  const { config, files } = await smallPlatform(image);
  const shop = await given.stack({
    part: `${provisioning.slice(0, 4)}${major}`,
    files,
    config: {
      ...config,
      server: externalServer(server, major),
      provisioning,
      defaults: { database: { extensions: ["citext"] } },
      services: {
        [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, {
          databases: { [ORDERS]: "app", [STOCK]: "readonly" },
        }),
        [STOCK_SERVICE]: sampleService(STOCK_SERVICE, STOCK, image),
      },
    },
  });
  const set = await shop.cli("config", "set", "--secret", "adminPassword", server.admin.password);
  expect(set.code, set.output).toBe(0);
  const up = await shop.up();
  expect(up.ok, up.output).toBe(true);
  const pods = [
    ...(await shop.cluster.pods(ORDERS_SERVICE)),
    ...(await shop.cluster.pods(STOCK_SERVICE)),
  ];
  expect(pods.map(isReady), "the services log in and serve").toEqual([true, true]);
  const log = await server.log();
  const leaks = findPasswords("log of Postgres", log, await generatedPasswords(shop));
  expect(leaks).toEqual([]);
  given.note(`${provisioning} on ${major}: up ${up.seconds} s, log of ${log.length} characters`);

  const catalogs: Catalog[] = [];
  for (const database of DATABASES) {
    const roles = [
      ...["owner", "migrator", "app", "readonly"].map((role) => `${database}_${role}`),
      ...LOGINS,
    ];
    catalogs.push(
      await server.connect(database, (client) => readCatalog(client, { roles }, server.admin.user)),
    );
  }
  return catalogs;
}

function externalServer(
  server: ExternalServer,
  version: number,
): Readonly<Record<string, unknown>> {
  const { host, port, admin } = server;
  return {
    kind: "external",
    version,
    host,
    port,
    deployer: { host, port },
    admin: { user: admin.user },
    tls: { mode: "disable" },
  };
}
