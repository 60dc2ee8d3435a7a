import { describe, expect, inject, test } from "vitest";

import { between, DRILLS, random, seeds, summaryOf, tableFiles } from "./drills.ts";
import { runRunner, startRunner, withFolder } from "./runner-process.ts";
import { createDatabase } from "./test-database.ts";

const COUNT = 30;

describe.each(inject("servers"))("drills on Postgres $major", (server) => {
  test.each(seeds(DRILLS))("SIGKILL at a random moment, then up (seed %i)", async (seed) => {
    const database = await createDatabase(server);
    const next = random(seed);
    // Of the run itself and not of the start of the process, which takes longest.
    const after = between(next, 0, COUNT);
    const later = next() * 15;
    await withFolder(tableFiles(COUNT), async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      let applied = 0;
      const killed = startRunner(["up"], env, (text) => {
        applied += text.split('"event":"applied"').length - 1;
        if (text.includes('"event":"connected"') || applied > 0) {
          if (applied >= after) setTimeout(() => killed.kill("SIGKILL"), later);
        }
      });
      await killed.ended;
      const { code, out } = await runRunner(["up"], env);
      expect(code, out).toBe(0);
    });
    expect(await summaryOf(database)).toEqual({
      applied: COUNT,
      logged: COUNT,
      tables: COUNT,
      indexes: COUNT,
    });
  });
});
