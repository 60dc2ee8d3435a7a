import { expect, test } from "vitest";
import { ConnectionLost } from "../../src/core/connection/session.ts";
import { MigratorError } from "../../src/core/migrator-error.ts";
import { retryTransient } from "../../src/core/transient-retry.ts";

const lost = () => new ConnectionLost("connection", "the server closed the connection");
const failedWith = (code: string) =>
  new MigratorError("migration", `failed with ${code}`, {}, { cause: { code, message: "" } });

/** What a run with no time to look for the server does, by what its tries throw. */
async function run(retries: number, failures: readonly Error[], stepAt?: number) {
  const events: string[] = [];
  let tries = 0;
  const result = await retryTransient(
    {
      budgetSeconds: 0,
      retries,
      signal: new AbortController().signal,
      onEvent: (event) => void (event.event === "notice" && events.push(event.message)),
    },
    ({ progress }) => {
      const failure = failures[tries];
      tries += 1;
      if (tries === stepAt) progress();
      return failure === undefined ? Promise.resolve("done") : Promise.reject(failure);
    },
  ).catch((error: unknown) => (error instanceof Error ? error.message : "?"));
  return { result, tries, events };
}

test("without retries the first transient fault that outlasts its budget is the end", async () => {
  expect(await run(0, [lost()])).toEqual({
    result: "the server closed the connection",
    tries: 1,
    events: [],
  });
});

test("each retry begins a round anew, and says which it is and why", async () => {
  expect(await run(2, [lost(), failedWith("40P01")])).toEqual({
    result: "done",
    tries: 3,
    events: ["retry 1 of 2: the server closed the connection", "retry 2 of 2: failed with 40P01"],
  });
});

test("when the retries are used up the last fault is thrown", async () => {
  const { result, tries } = await run(1, [lost(), failedWith("40001"), lost()]);
  expect([result, tries]).toEqual(["failed with 40001", 2]);
});

test.each(["42601", "23505", "55P03"])(
  "SQLSTATE %s is never tried again: it would be the same, or has waited long enough",
  async (code) => {
    expect(await run(3, [failedWith(code)])).toEqual({
      result: `failed with ${code}`,
      tries: 1,
      events: [],
    });
  },
);

test("what got somewhere in between has all retries again", async () => {
  const { result, tries } = await run(1, [lost(), lost(), lost()], 2);
  expect([result, tries]).toEqual(["the server closed the connection", 3]);
});
