import { expect, test } from "vitest";

import type { Session } from "../../src/core/connection/session.ts";
import type { DatabaseState } from "../../src/core/history/database-state.ts";
import { assertUsable } from "../../src/core/history/usable.ts";

const STATE: DatabaseState = {
  server: "18.4",
  serverNumber: 180_004,
  pid: 7,
  standby: false,
  role: "owner",
  login: "owner",
  owner: "owner",
  history: null,
};

const SESSION: Pick<Session, "announcedPid" | "settings"> = {
  announcedPid: 7,
  settings: { host: "db", port: 5432, database: "shop", user: "me", tls: { mode: "disable" } },
};

function check(state: Partial<DatabaseState>): () => void {
  return () => assertUsable(SESSION, { ...STATE, ...state }, true);
}

test("the primary of a server of today is used", () => {
  expect(check({})).not.toThrow();
  expect(check({ serverNumber: 150_000 })).not.toThrow();
});

test("a standby is refused before anything is tried on it", () => {
  expect(check({ standby: true })).toThrow("db:5432/shop is a standby, which cannot be written");
});

test("a server older than 15 is refused by its version", () => {
  expect(check({ server: "14.12", serverNumber: 140_012 })).toThrow(
    "db:5432/shop runs Postgres 14.12; 15 is the oldest that this runner works with",
  );
});
