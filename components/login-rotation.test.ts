import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { rotationHook, rotationStep, type RotationStep } from "./login-rotation.ts";

const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$";

const ROWS: readonly [sentence: string, old: object, next: object, step: RotationStep][] = [
  [
    "a login that was locked is opened with a new password",
    { login: false, password: "x" },
    { login: true, password: "y" },
    "go",
  ],
  [
    "a login in use is locked when its last pods are gone",
    { login: true, password: "x" },
    { login: false, password: "x" },
    "wait",
  ],
  [
    "a login in use gets no new password",
    { login: true, password: `${VERIFIER}a` },
    { login: true, password: `${VERIFIER}b` },
    "refuse",
  ],
  [
    "a login in use keeps its password, sent in another form",
    { login: true, password: "x" },
    { login: true, password: `${VERIFIER}a` },
    "go",
  ],
  [
    "a login in use may get other groups",
    { login: true, password: "x", roles: ["a"] },
    { login: true, password: "x", roles: ["b"] },
    "go",
  ],
];

test.each(ROWS)("%s", (_sentence, old, next, step) => {
  expect(rotationStep(old, next)).toBe(step);
});

test("the hook refuses a new password of a login in use, which it sees as a secret", async () => {
  await pulumi.runtime.setMocks({ call: () => ({}), newResource: () => ({ id: "", state: {} }) });
  const hook = rotationHook("orders-login", "orders_b", "orders");
  const inputs = (password: string): Record<string, unknown> => ({
    login: true,
    password: pulumi.secret(password),
  });
  const seen = { urn: "", id: "", name: "", type: "" };
  await expect(
    hook.callback({ ...seen, oldInputs: inputs("x"), newInputs: inputs("y") }),
  ).rejects.toThrow("'orders_b' is to get a new password, but is open still");
  await hook.callback({ ...seen, oldInputs: inputs("x"), newInputs: inputs("x") });
});
