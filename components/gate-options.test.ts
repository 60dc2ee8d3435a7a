import { expect, test } from "vitest";
import { refuseClosed } from "./gate-options.ts";

test("a refusal names every closed gate and the command for this service with its databases", () => {
  const gate = (target: string, reason: string | undefined) => ({
    targets: [target],
    closedBecause: () => reason,
  });
  const gates = [
    gate("**::p-auth-*", "database 'auth': closed"),
    gate("**::p-open-*", undefined),
    gate("**::p-battles-*", "database 'battles': closed"),
  ];
  expect(() => refuseClosed("p-bff", gates)).toThrow(
    "'p-bff' is not rolled out, because a migration that it needs has not completed:\n" +
      "  - database 'auth': closed\n" +
      "  - database 'battles': closed\n" +
      "Run `pulumi up`, or this service with its databases only:\n" +
      "  pulumi up --target '**::p-bff-*' --target '**::p-auth-*' --target '**::p-open-*' --target '**::p-battles-*' --target '**-image'",
  );
});

test("nothing is refused when every gate is open", () => {
  expect(() => refuseClosed("p-web", [])).not.toThrow();
});
