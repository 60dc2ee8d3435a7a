import { expect, test } from "vitest";
import { compareVersions, isAtLeast, versionNumber } from "../../../src/bundle/index.ts";

test("orders versions by their number, then by name", () => {
  const ordered = [
    "0_a",
    "1_a",
    "001_b",
    "2_a",
    "0010_a",
    "10_b",
    "20261121093000_a",
    "20261121093000_b",
    "99999999999999999999998_a",
    "99999999999999999999999_a",
    "a",
    "b",
  ];
  const shuffled = ordered.toReversed();
  expect(shuffled.toSorted(compareVersions)).toEqual(ordered);
});

test("says which versions are as new as another", () => {
  expect(isAtLeast("010_a", "9_z")).toBe(true);
  expect(isAtLeast("009_a", "009_a")).toBe(true);
  expect(isAtLeast("009_a", "010_a")).toBe(false);
});

test("reads the number of a version", () => {
  expect(["0013_add", "000_x", "x_1", "20261121093000_x"].map(versionNumber)).toEqual([
    "13",
    "0",
    null,
    "20261121093000",
  ]);
});
