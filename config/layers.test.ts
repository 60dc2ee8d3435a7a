import { expect, test } from "vitest";
import { mergeLayers, sourceOf } from "./layers.ts";

const STACK = {
  source: "Pulumi.dev.yaml",
  value: { context: ["a"], services: { api: { image: "x", env: { A: "1" } } } },
};
const SHARED = {
  source: "shared.yaml",
  value: {
    context: ["b", "c"],
    defaults: { service: { port: 1, build: { context: "all" } } },
    services: { api: { build: { context: "api" }, env: { A: "0", B: "0" } }, web: {} },
  },
};

test("objects are merged by key, lists and values replaced, an image takes the build's place", () => {
  expect(mergeLayers([STACK, SHARED])).toEqual({
    context: ["a"],
    defaults: { service: { port: 1, build: { context: "all" } } },
    services: { api: { image: "x", env: { A: "1", B: "0" } }, web: {} },
  });
});

test("an image in the stack's defaults takes the place of the shared defaults' build", () => {
  const stack = { ...STACK, value: { defaults: { service: { image: "x" } } } };
  expect(mergeLayers([stack, SHARED])["defaults"]).toEqual({ service: { port: 1, image: "x" } });
});

test("a key that is called as a part of every object is a key like others", () => {
  const value: unknown = JSON.parse('{"services":{"__proto__":{"port":1}}}');
  const merged = mergeLayers([{ source: "a", value: value as typeof STACK.value }, SHARED]);
  expect(JSON.stringify(merged["services"])).toContain('"__proto__":{"port":1}');
});

test("a value's file is the first that has it, or has it in its defaults", () => {
  const layers = [STACK, SHARED];
  expect(sourceOf(layers, ["services", "api", "env", "A"])).toBe("Pulumi.dev.yaml");
  expect(sourceOf(layers, ["services", "api", "env", "B"])).toBe("shared.yaml");
  expect(sourceOf(layers, ["services", "web", "port"])).toBe("shared.yaml");
  expect(sourceOf(layers, ["services", "api", "replicas"])).toBe("Pulumi.dev.yaml");
  expect(sourceOf(layers, ["server"])).toBeUndefined();
});
