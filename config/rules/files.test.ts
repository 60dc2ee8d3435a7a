import { expect, test } from "vitest";
import { changed, INPUTS, migration, problemsIn, VALID } from "../test-platform.ts";

test("every mistake in a folder of migrations is reported at the key that names it", () => {
  const bundles = new Map([
    ...INPUTS.bundles,
    [
      "migrations/auth",
      { problems: ["002_email.sql:3: the quote is not closed", "003_x.sql: has no way down"] },
    ] as const,
  ]);
  expect(problemsIn(VALID, { inputs: { ...INPUTS, bundles } })).toEqual([
    "databases.auth.migrations: 002_email.sql:3: the quote is not closed",
    "databases.auth.migrations: 003_x.sql: has no way down",
  ]);
});

test("migrations that no ConfigMap can carry are refused with both sizes", () => {
  const large = { ...migration("001_large"), up: "x".repeat(1000 * 1024) };
  const bundles = new Map([
    ...INPUTS.bundles,
    ["migrations/auth", { value: { format: 1, migrations: [large] } }] as const,
  ]);
  expect(problemsIn(VALID, { inputs: { ...INPUTS, bundles } })).toEqual([
    "databases.auth.migrations: these migrations have 1001 KiB and a ConfigMap carries 900 KiB: move data out of migrations",
  ]);
});

test("an authority's file that cannot be used is reported at its key", () => {
  const raw = changed({
    server: { kind: "external", host: "db.example", tls: { ca: "tls/none.pem" } },
  });
  const certificates = new Map([["tls/none.pem", { problems: ['"tls/none.pem" cannot be read'] }]]);
  expect(problemsIn(raw, { inputs: { ...INPUTS, certificates } })).toEqual([
    'server.tls.ca: "tls/none.pem" cannot be read',
  ]);
});
