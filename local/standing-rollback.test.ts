import { expect, test } from "vitest";
import { heldBackNotice, heldBackTo } from "./standing-rollback.ts";
import { testDatabase } from "./test-spec.ts";
import { UserError } from "./user-error.ts";

test("a database that no rollback holds gets everything, and nothing is said", () => {
  expect(heldBackTo(testDatabase("shop"))).toBeUndefined();
  expect(heldBackNotice(testDatabase("shop"))).toBeUndefined();
});

test("one that is held gets nothing newer than the version that stands, and its developer is told", () => {
  const shop = testDatabase("shop", { pinned: { keeps: ["001_first", "002_second"] } });
  expect(heldBackTo(shop)).toBe("002_second");
  expect(heldBackNotice(shop)).toBe(
    "tidegate:rollback stands, so that nothing newer than 002_second is applied; what this database has already, it keeps",
  );
});

test("one that is held before its first migration gets none", () => {
  const shop = testDatabase("shop", { pinned: { keeps: [] } });
  expect(heldBackTo(shop)).toBeNull();
  expect(heldBackNotice(shop)).toContain("so that nothing is applied;");
});

test("last-batch is refused: only the stack's own database knows which version that is", () => {
  const shop = testDatabase("shop", { pinned: {} });
  expect(() => heldBackTo(shop)).toThrow(UserError);
  expect(() => heldBackTo(shop)).toThrow(
    "tidegate:rollback takes shop back to last-batch, and which version that is only the stack's own database knows: name the version instead",
  );
});
