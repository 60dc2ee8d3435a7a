import { expect, test } from "vitest";

import { buildPlace } from "../../src/core/apply/left-indexes.ts";

test.each([
  ["create index concurrently on t (id)", "relation", "t", false],
  ["create unique index concurrently if not exists i on only s.t (id)", "relation", "s.t", false],
  ["reindex table concurrently t", "relation", "t", true],
  ['REINDEX INDEX /* x */ CONCURRENTLY "S"."I"', "relation", '"S"."I"', true],
  ["reindex (concurrently, verbose) table s.t", "relation", "s.t", true],
  ["reindex schema concurrently s", "schema", "s", true],
  ["reindex database concurrently", "database", "", true],
])("%s", (statement, kind, name, rebuilt) => {
  expect(buildPlace(statement)).toEqual({ kind, name, rebuilt });
});

test.each([
  "create index on t (id)",
  "reindex table t",
  "drop index concurrently i",
  "refresh materialized view concurrently v",
  "alter table t detach partition p concurrently",
])("builds no index CONCURRENTLY: %s", (statement) => {
  expect(buildPlace(statement)).toBeNull();
});
