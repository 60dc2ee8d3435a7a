import { expect, test } from "vitest";
import { cycles } from "./cycles.ts";

test("each circle is found once, from the name that was declared first", () => {
  const edges = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b", "d"]],
    ["d", []],
    ["e", ["e"]],
  ]);
  expect(cycles(edges)).toEqual([["b", "c"], ["e"]]);
});

test("two ways to one end are no circle", () => {
  const edges = new Map([
    ["a", ["b", "c"]],
    ["b", ["d"]],
    ["c", ["d"]],
    ["d", []],
  ]);
  expect(cycles(edges)).toEqual([]);
});
