import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { expectUp } from "./expect-done.ts";
import { errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { historyNames } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const TIMEOUT = 1_800_000;

for (const provisioning of ["provider", "job"] as const) {
  scenario(
    `39: a service and a migrator log in with Secrets that somebody else keeps (${provisioning})`,
    async ({ stack, images, note }) => {
      const image = await images.service("1");
      const tiny = await tinyPlatform(image);
      const shop = await stack({
        part: `sec${provisioning.slice(0, 1)}`,
        files: tiny.files,
        config: { ...tiny.config, provisioning, services: {} },
      });
      await expectUp(shop);

      // What the keeper of the logins does: roles in the groups that the stack made, and Secrets.
      const address = { host: `postgres.${shop.name}.svc`, port: "5432" };
      const service = randomBytes(12).toString("hex");
      const migrator = randomBytes(12).toString("hex");
      await quietly(shop, [
        `create role shop_login login password '${service}' in role ${ORDERS}_app`,
        `create role shop_deploy login password '${migrator}' in role ${ORDERS}_owner`,
        `alter role shop_deploy set role = '${ORDERS}_owner'`,
      ]);
      const urlOf = (password: string): string =>
        `postgresql://shop_login:${password}@${address.host}:${address.port}/${ORDERS}?sslmode=disable`;
      await applySecret(shop, "shop-database", { uri: urlOf(service) });
      await applySecret(shop, "shop-deploy", {
        PGHOST: address.host,
        PGPORT: address.port,
        PGDATABASE: ORDERS,
        PGUSER: "shop_deploy",
        PGPASSWORD: migrator,
      });

      const databases = {
        [ORDERS]: smallDatabase(ORDERS, {
          migrator: { existingSecret: { name: "shop-deploy", keys: "pg" } },
        }),
      };
      const servicesAt = (passwordGeneration: number, keys: object): object => ({
        [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, {
          passwordGeneration,
          databases: { [ORDERS]: { role: "app", existingSecret: { name: "shop-database", keys } } },
        }),
      });
      await shop.configure({
        databases,
        services: servicesAt(0, { username: "u", password: "p" }),
      });
      const refused = await shop.up();
      expect(refused.ok).toBe(false);
      expect(errorText(refused)).toContain("name no url, and the program reads DATABASE_URL");
      note(`half a Secret: ${lineWith(errorText(refused), "name no url")}`);

      await shop.configure({ databases, services: servicesAt(0, { url: "uri" }) });
      await shop.migrations(ORDERS, { "006_next.sql": "create table next (id int);\n" });
      const up = await expectUp(shop);
      note(`${provisioning}: up with both Secrets ${up.seconds} s`);
      const pods = await shop.cluster.pods(ORDERS_SERVICE);
      expect(pods.map(isReady)).toEqual([true]);
      expect(await historyNames(shop, ORDERS)).toContain("006_next");
      const owners = await shop.query<{ owner: string }>(
        ORDERS,
        "select tableowner as owner from pg_tables where tablename = 'next'",
      );
      expect(owners).toEqual([{ owner: `${ORDERS}_owner` }]);
      const users = await shop.query<{ user: string }>(
        ORDERS,
        `select distinct usename as user from pg_stat_activity where application_name <> '' and datname = '${ORDERS}' and usename like 'shop%'`,
      );
      expect(users).toEqual([{ user: "shop_login" }]);
      const roles = await shop.query<{ name: string }>(
        ORDERS,
        "select rolname as name from pg_roles where rolname !~ '^pg_' order by 1",
      );
      expect(roles.map(({ name }) => name)).toEqual([
        `${ORDERS}_app`,
        // A Job drops nothing: the one that was made before stays.
        ...(provisioning === "job" ? [`${ORDERS}_migrator`] : []),
        `${ORDERS}_owner`,
        `${ORDERS}_readonly`,
        "postgres",
        "shop_deploy",
        "shop_login",
      ]);

      // Its keeper renews the password; a raised number rolls the pods to it.
      const renewed = randomBytes(12).toString("hex");
      await quietly(shop, [`alter role shop_login password '${renewed}'`]);
      await applySecret(shop, "shop-database", { uri: urlOf(renewed) });
      await shop.configure({ services: servicesAt(1, { url: "uri" }) });
      const rolled = await expectUp(shop);
      const after = await shop.cluster.pods(ORDERS_SERVICE);
      expect(after.map(isReady)).toEqual([true]);
      expect(identities(after)).not.toEqual(identities(pods));
      note(`the keeper's new password: pods rolled in ${rolled.seconds} s`);
    },
    TIMEOUT,
  );
}

/** Out of the log, in which passwords are searched for. */
async function quietly(shop: TestStack, statements: readonly string[]): Promise<void> {
  await shop.postgres("postgres", async (client) => {
    await client.query("set log_statement = 'none'");
    for (const statement of statements) await client.query(statement);
  });
}

async function applySecret(
  shop: TestStack,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  await shop.cluster.apply({ apiVersion: "v1", kind: "Secret", metadata: { name }, stringData });
}
