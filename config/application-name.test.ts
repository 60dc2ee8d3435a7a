import { expect, test } from "vitest";
import { applicationName } from "./application-name.ts";

test.each([
  ["a digest", `ghcr.io/acme/api@sha256:0123456789abcdef${"0".repeat(48)}`, "api@0123456789ab"],
  ["the digest of a build", "localhost:5000/api:fedcba98765432100000", "api@fedcba987654"],
])("%s is the version", (_, reference, name) => {
  expect(applicationName("api", reference)).toBe(name);
});

test("the longest name of a service leaves room for its version, as Postgres cuts at 63 bytes", () => {
  expect(applicationName("s".repeat(50), `r@sha256:${"a".repeat(64)}`)).toHaveLength(63);
});
