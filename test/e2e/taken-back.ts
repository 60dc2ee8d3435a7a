import { expect } from "vitest";
import { identities } from "./cluster.ts";
import { migrationFiles, mountedFiles } from "./migration-files.ts";
import { changeLines } from "./outcome.ts";
import { ORDERS } from "./platforms.ts";
import { history } from "./postgres.ts";
import type { TestStack } from "./test-stack.ts";

/**
 * Removes a failing migration of {@link ORDERS} from the folder: the next `up` passes, leaves the migrations
 * of one release only, and the one after it changes nothing.
 *
 * @param service whose pods migrate
 */
export async function expectTakenBack(
  shop: TestStack,
  service: string,
  migration: string,
  note: (line: string) => void,
): Promise<void> {
  await shop.migrations(ORDERS, { [`${migration}.sql`]: null });
  const back = await shop.up();
  expect(back.ok, back.output).toBe(true);
  expect((await history(shop, ORDERS)).map(({ name }) => name)).not.toContain(migration);
  const left = await migrationFiles(shop, ORDERS);
  expect(left, "none waits for its deletion").toHaveLength(1);
  expect(await mountedFiles(shop, `deployment/${service}`)).toEqual(left);
  const pods = identities(await shop.cluster.pods(service));
  expect(changeLines(await shop.up()), "once more").toEqual([]);
  expect(identities(await shop.cluster.pods(service)), "nothing rolls").toEqual(pods);
  note(`taken back: up ${back.seconds} s`);
}
