import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, inject, test } from "vitest";

import { roundTrip } from "../../migrator/src/index.ts";

const FOLDERS = fileURLToPath(new URL("../../examples/battlescope/migrations/", import.meta.url));

/** The check of a pull request that writes a migration: the sample's are what others are copied from. */
test.each(readdirSync(FOLDERS))(
  "the ways down of the sample's migrations of %s undo their ways up",
  async (folder) => {
    const [newest] = inject("servers").toReversed();
    if (newest === undefined) throw new Error("no server was started");
    const { host, port, database, user, password } = newest;
    const trips = await roundTrip({
      connection: { host, port, database, user, password, tls: { mode: "disable" } },
      migrations: join(FOLDERS, folder),
    });
    expect(trips.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(trips.length).toBeGreaterThan(0);
  },
);
