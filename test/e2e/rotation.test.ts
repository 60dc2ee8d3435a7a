import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { expectUp } from "./expect-done.ts";
import { describeLoad, withLoad } from "./load.ts";
import { until } from "./observe.ts";
import { changeLines, errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { historyNames, withClient } from "./postgres.ts";
import { freePort } from "./project-copy.ts";
import { type Scenario, scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/** Requests a second, each over a new connection to Postgres: three rollouts last minutes. */
const LOAD_RATE = 5;

const TIMEOUT = 1_800_000;

for (const provisioning of ["provider", "job"] as const) {
  scenario(
    `35: a service's password is renewed three times running, without a failed request (${provisioning})`,
    async (given) => await renewThreeTimes(given, provisioning),
    TIMEOUT,
  );
}

async function renewThreeTimes(
  { stack, images, note }: Scenario,
  provisioning: "provider" | "job",
): Promise<void> {
  const image = await images.service("1");
  const tiny = await tinyPlatform(image);
  const shop = await stack({
    part: `rot${provisioning.slice(0, 1)}`,
    files: tiny.files,
    config: {
      ...tiny.config,
      provisioning,
      services: servicesAt(image, 0),
      // Without a log of every statement: under the load its pipe stalls the server on a busy engine.
      server: {
        kind: "docker",
        version: 17,
        image: "postgres:17",
        publishedPort: await freePort(),
      },
    },
  });
  await expectUp(shop);
  const kept = [await readLogin(shop)];
  expect(kept[0]?.username).toBe(`${ORDERS_SERVICE}_a`);

  const { load } = await withLoad(
    shop,
    { service: ORDERS_SERVICE, port: 3000, image, rate: LOAD_RATE },
    async () => {
      for (const generation of [1, 2, 3]) {
        const before = identities(await shop.cluster.pods(ORDERS_SERVICE));
        await shop.configure({ services: servicesAt(image, generation) });
        const renewed = await expectUp(shop);
        note(`${provisioning}, generation ${generation}: up ${renewed.seconds} s`);
        if (generation === 1) note(changeLines(renewed).join("; "));

        const pods = await shop.cluster.pods(ORDERS_SERVICE);
        expect(pods.map(isReady)).toEqual([true, true]);
        expect(identities(pods)).not.toEqual(before);
        const login = await readLogin(shop);
        expect(login.username).toBe(`${ORDERS_SERVICE}_${generation % 2 === 0 ? "a" : "b"}`);
        expect(kept.map(({ password }) => password)).not.toContain(login.password);
        expect(await tryLogin(shop, login)).toBe("let in");
        for (const old of kept) expect(await tryLogin(shop, old)).toMatch(REFUSED);
        note(`the one before: ${await tryLogin(shop, kept.at(-1) ?? login)}`);
        kept.push(login);
      }
    },
  );
  note(describeLoad(load));
  expect(load.reasons).toEqual([]);
  expect(load.failures).toBe(0);
  expect(load.requests).toBeGreaterThan(300);

  // Two at once would give the login in use another password under its pods.
  const steady = identities(await shop.cluster.pods(ORDERS_SERVICE));
  await shop.configure({ services: servicesAt(image, 5) });
  const skipped = await shop.up();
  expect(skipped.ok).toBe(false);
  expect(skipped.output).toContain(`is to get a new password`);
  note(`3 to 5: ${lineWith(skipped.output, "is to get a new password")}`);
  expect(identities(await shop.cluster.pods(ORDERS_SERVICE))).toEqual(steady);
  expect(await tryLogin(shop, kept[3] ?? kept[0])).toBe("let in");
  await shop.configure({ services: servicesAt(image, 4) });
  await expectUp(shop);
  expect(await tryLogin(shop, await readLogin(shop))).toBe("let in");
  expect(await tryLogin(shop, kept[3])).toMatch(REFUSED);
  const still = await shop.up();
  expect(changeLines(still)).toEqual([]);
}

for (const provisioning of ["provider", "job"] as const) {
  scenario(
    `36: the migrator's and the admin's passwords are renewed (${provisioning})`,
    async ({ stack, images, note }) => {
      const tiny = await tinyPlatform(await images.service("1"));
      const shop = await stack({
        part: `adm${provisioning.slice(0, 1)}`,
        files: tiny.files,
        config: { ...tiny.config, provisioning },
      });
      await expectUp(shop);
      const pods = identities(await shop.cluster.pods(ORDERS_SERVICE));
      const server = shop.config["server"] as object;
      const migrators = [await readSecret(shop, `${ORDERS.replaceAll("_", "-")}-migrator`)];
      const admins = [await shop.adminLogin()];

      for (const passwordGeneration of [1, 2]) {
        await shop.configure({
          databases: { [ORDERS]: smallDatabase(ORDERS, { migrator: { passwordGeneration } }) },
          server: { ...server, admin: { passwordGeneration } },
        });
        await shop.migrations(ORDERS, {
          [`00${5 + passwordGeneration}_next.sql`]: `create table next_${passwordGeneration} (id int);\n`,
        });
        const renewed = await expectUp(shop);
        note(
          `${provisioning}, generation ${passwordGeneration}, with a migration: up ${renewed.seconds} s`,
        );
        if (passwordGeneration === 1) note(changeLines(renewed).join("; "));
        const migrator = await readSecret(shop, `${ORDERS.replaceAll("_", "-")}-migrator`);
        const admin = await shop.adminLogin();
        expect(await tryLogin(shop, migrator)).toBe("let in");
        expect(await tryLogin(shop, { ...admin, username: admin.user })).toBe("let in");
        for (const old of migrators) expect(await tryLogin(shop, old)).toMatch(REFUSED);
        for (const old of admins) {
          expect(await tryLogin(shop, { ...old, username: old.user })).toMatch(REFUSED);
        }
        migrators.push(migrator);
        admins.push(admin);
      }
      expect(await historyNames(shop, ORDERS)).toContain("007_next");
      expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "pods").toEqual(pods);
      const still = await shop.up();
      expect(changeLines(still)).toEqual([]);

      // Lower: the server has another password than the stack, and everything stays as it is.
      await shop.configure({ server: { ...server, admin: { passwordGeneration: 1 } } });
      const lowered = await shop.up();
      expect(lowered.ok).toBe(false);
      expect(errorText(lowered)).toContain("the server takes neither the new password");
      note(`lowered: ${lineWith(errorText(lowered), "takes neither")}`);
      await shop.configure({ server: { ...server, admin: { passwordGeneration: 2 } } });
      await expectUp(shop);
    },
    TIMEOUT,
  );
}

const REFUSED = /is not permitted to log in|password authentication failed/;

function servicesAt(image: string, passwordGeneration: number): object {
  return {
    [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, {
      replicas: 2,
      rolloutTimeout: "15m",
      passwordGeneration,
    }),
  };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

async function readLogin(shop: TestStack): Promise<Login> {
  return await readSecret(shop, `${ORDERS_SERVICE}-login`, `${ORDERS}.`);
}

async function readSecret(shop: TestStack, name: string, prefix = ""): Promise<Login> {
  const found = (await shop.cluster.list("secrets")).find(({ metadata }) => metadata.name === name);
  const read = (key: string): string =>
    Buffer.from(found?.data?.[`${prefix}${key}`] ?? "", "base64").toString("utf8");
  return { username: read("username"), password: read("password") };
}

/** What the server says of a login. */
async function tryLogin(shop: TestStack, login: Login | undefined): Promise<string> {
  const { publishedPort } = shop.config["server"] as { publishedPort: number };
  const { username = "", password = "" } = login ?? {};
  return await until("an answer of the server", async () => {
    try {
      return await withClient(
        { host: "127.0.0.1", port: publishedPort, database: ORDERS, user: username, password },
        async () => "let in",
      );
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      return said === "timeout expired" ? undefined : said;
    }
  });
}
