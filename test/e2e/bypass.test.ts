import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { identities } from "./cluster.ts";
import { expectDone } from "./expect-done.ts";
import { deploymentUrn, migrationJobUrn, targetsIn } from "./logical-names.ts";
import { changing, errorText } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, slowMigration, tinyPlatform } from "./platforms.ts";
import { historyNames, seeStatement } from "./postgres.ts";
import { PROJECT } from "./project-copy.ts";
import { scenario } from "./scenario.ts";
import type { TestStack, UpOptions } from "./test-stack.ts";

scenario("10: the gate can't be walked around", async ({ stack, images, note }) => {
  const one = await images.service("1");
  const two = await images.service("2");
  const shop = await stack({ part: "bypass", ...(await tinyPlatform(one)) });
  const serviceOnly = { target: [deploymentUrn(shop, ORDERS_SERVICE)] };
  expectDone(await shop.up());

  await shop.migrations(ORDERS, { "006_next.sql": "create table next (id int);\n" });
  await useImage(shop, two);
  note(await expectRefused(shop, serviceOnly, "is an older release's, and its successor was left"));
  expectDone(await shop.up());
  await expectRunning(shop, two);

  await shop.migrations(ORDERS, { "007_broken.sql": "select 1/0;\n" });
  await useImage(shop, one);
  expect((await shop.up()).ok).toBe(false);
  note(await expectRefused(shop, serviceOnly, "has failed; see: kubectl logs"));
  await shop.migrations(ORDERS, { "007_broken.sql": null });
  expectDone(await shop.up());
  await expectRunning(shop, one);

  await shop.migrations(ORDERS, { "008_slow.sql": slowMigration(15) });
  await useImage(shop, two);
  const interrupted = shop.start("up", "--yes", "--skip-preview");
  await seeStatement(shop, ORDERS, "pg_sleep");
  interrupted.kill("SIGINT");
  expect(await interrupted.ended, interrupted.output()).not.toBe(0);
  note(await expectRefused(shop, serviceOnly, "has not completed; see: kubectl logs"));
  expectDone(await shop.up());
  await expectRunning(shop, two);

  await shop.migrations(ORDERS, { "009_next.sql": "create table more (id int);\n" });
  await useImage(shop, one);
  const withoutJob = { exclude: [migrationJobUrn(shop, ORDERS)] };
  note(await expectRefused(shop, withoutJob, "is an older release's, and its successor was left"));
  expectDone(await shop.up());
  await expectRunning(shop, one);

  await useImage(shop, two);
  const rolled = await shop.up(serviceOnly);
  expectDone(rolled);
  expect(changing(rolled).map(({ name }) => name)).toEqual([
    `${shop.name}-${ORDERS_SERVICE}-deployment`,
  ]);
  await expectRunning(shop, two);
  note(`--target with a completed Job: ${rolled.seconds} s`);

  await shop.migrations(ORDERS, { "010_readme.sql": "create table readme (id int);\n" });
  await useImage(shop, one);
  const fromReadme = { target: await readmeTargets(shop) };
  expectDone(await shop.up(fromReadme));
  await expectRunning(shop, one);
  await expectApplied(shop, "010_readme");
  note(`the README's command: --target ${fromReadme.target.join(" --target ")}`);

  await shop.migrations(ORDERS, { "011_own.sql": "create table own (id int);\n" });
  await useImage(shop, two);
  const refused = await shop.up(serviceOnly);
  const fromRefusal = { target: targetsIn(errorText(refused)) };
  expectDone(await shop.up(fromRefusal));
  await expectRunning(shop, two);
  await expectApplied(shop, "011_own");
  note(`the refusal's own command: --target ${fromRefusal.target.join(" --target ")}`);

  const rest = await shop.up();
  expectDone(rest);
  expect(changing(rest), "nothing is left for a whole up").toEqual([]);
});

/** Refused with Tidegate's sentence: nothing rolled, and the state is whole. Returns the reason. */
async function expectRefused(shop: TestStack, how: UpOptions, reason: string): Promise<string> {
  const before = identities(await shop.cluster.pods(ORDERS_SERVICE));
  const outcome = await shop.up(how);
  const text = errorText(outcome);
  expect(outcome.ok, outcome.output).toBe(false);
  expect(text).toContain(
    `'${shop.name}-${ORDERS_SERVICE}' is not rolled out, because a migration that it needs has not completed:`,
  );
  expect(text).toContain(`database '${ORDERS}': Job '${shop.name}-battlescope-ingestion-migration`);
  expect(text).toContain(reason);
  expect(text).toContain("Run `pulumi up`, or this service with its databases only:");
  expect(identities(await shop.cluster.pods(ORDERS_SERVICE))).toEqual(before);
  const preview = await shop.preview();
  expect(preview.ok, `the state after a refusal: ${preview.output}`).toBe(true);
  const urns = (await shop.resources()).map(({ urn }) => urn);
  expect(urns.filter((urn) => urn.endsWith("-migration-job")).length).toBeGreaterThan(0);
  expect(urns.filter((urn) => urn.endsWith("-deployment")).length).toBe(1);
  return `refused: ${text.split("\n").find((line) => line.includes(reason)) ?? ""}`.trim();
}

async function expectRunning(shop: TestStack, image: string): Promise<void> {
  const pods = await shop.cluster.pods(ORDERS_SERVICE);
  expect(pods.flatMap(({ spec }) => (spec?.containers ?? []).map((each) => each.image))).toEqual([
    image,
  ]);
}

async function expectApplied(shop: TestStack, migration: string): Promise<void> {
  expect(await historyNames(shop, ORDERS)).toContain(migration);
}

async function useImage(shop: TestStack, image: string): Promise<void> {
  await shop.configure({
    services: { [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image) },
  });
}

/** What the README's runbook says for the sample, with the names of this stack. */
async function readmeTargets(shop: TestStack): Promise<string[]> {
  const readme = await readFile(join(PROJECT, "README.md"), "utf8");
  const line = readme.split("\n").find((text) => text.startsWith("npx pulumi up --target "));
  const targets = targetsIn(line ?? "");
  expect(targets.length, "targets in the README").toBeGreaterThanOrEqual(2);
  return targets.map((pattern) =>
    pattern
      .replace("battlescope-notification", ORDERS.replaceAll("_", "-"))
      .replace("-notification", `-${ORDERS_SERVICE}`)
      .replace("::tidegate-", `::${shop.name}-`),
  );
}
