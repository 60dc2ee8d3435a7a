import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { rotationStep, rotationStepOf, type RotationStep } from "./login-rotation.ts";

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

test.each(ROWS)("%s, with passwords as the SDK hands them to a hook", async (...row) => {
  const [, old, next, step] = row;
  expect(await rotationStepOf({ oldInputs: secret(old), newInputs: secret(next) })).toBe(step);
});

test("a password that can't be compared is no reason to go on", () => {
  const wrapped = { login: true, password: { value: "x" } };
  expect(() => rotationStep(wrapped, wrapped)).toThrow("can't be compared");
});

/** Inputs of which the password is a secret Output. */
function secret(inputs: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]: [string, unknown]) => [
      key,
      key === "password" ? pulumi.secret(value) : value,
    ]),
  );
}
