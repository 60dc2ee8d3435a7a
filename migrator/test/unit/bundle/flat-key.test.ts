import { expect, test } from "vitest";
import { flatKey } from "../../../src/bundle/index.ts";

test.each([
  ["0001_create_users.sql", "0001_create_users.sql"],
  ["rollback/0013_rollback.sql", "rollback--0013_rollback.sql"],
  ["001_add-email.down.sql", "001_add-_email.down.sql"],
  [".hidden", "-2ehidden"],
  ["..", "-2e."],
  ["a b/ü", "a-20b---c3-bc"],
])("makes of %j the key %j", (path, key) => {
  expect(flatKey(path)).toBe(key);
});

test("gives no two paths one key, and only keys that Kubernetes takes", () => {
  const alphabet = ["a", "2", "f", "x", "-", "_", "/", ".", " ", "é"];
  let paths = [""];
  for (let length = 0; length < 4; length += 1) {
    paths = [...new Set(paths.flatMap((path) => ["", ...alphabet].map((char) => path + char)))];
  }
  const long = [1, 2].map((end) => `rollback/${"0".repeat(250)}${end}.sql`);
  const wanted = [...paths.filter((path) => path !== ""), ...long];
  const keys = new Set(wanted.map(flatKey));
  expect(keys.size).toBe(wanted.length);
  for (const key of keys) {
    expect(key).toMatch(/^(?!\.\.)[-._a-zA-Z0-9]{1,253}$/);
    expect(key).not.toBe(".");
  }
});
