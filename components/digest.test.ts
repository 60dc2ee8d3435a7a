import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";

test("the order of keys does not change a digest", () => {
  expect(digestOf({ a: 1, b: { c: [1, 2], d: "x" } })).toBe(
    digestOf({ b: { d: "x", c: [1, 2] }, a: 1 }),
  );
});

test.each([
  ["a value", { a: 1 }, { a: 2 }],
  ["the order of a list", { a: [1, 2] }, { a: [2, 1] }],
  ["a key that is there", { a: 1 }, { a: 1, b: null }],
])("%s changes it", (_what, one, other) => {
  expect(digestOf(one)).not.toBe(digestOf(other));
});

test("it is eight hex digits", () => {
  expect(digestOf({})).toMatch(/^[0-9a-f]{8}$/);
});
