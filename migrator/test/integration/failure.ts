import { expect } from "vitest";

import { MigratorError } from "../../src/index.ts";

/** Runs work that must fail with a MigratorError, and returns it. */
export async function failureOf(work: Promise<unknown>): Promise<MigratorError> {
  const error: unknown = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MigratorError);
  // The line above has told the test; this one tells the compiler.
  if (!(error instanceof MigratorError)) throw error;
  return error;
}

/** Runs a statement that must fail, and returns its SQLSTATE. */
export async function sqlstateOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "it succeeded",
    (error: unknown) =>
      typeof error === "object" && error !== null ? Reflect.get(error, "code") : error,
  );
}
