import { expect, inject, test } from "vitest";

import { down, migrate } from "../../src/index.ts";
import { withFolder } from "./runner-process.ts";
import { createDatabase } from "./test-database.ts";

test.each(inject("servers"))(
  "files of one number run, and are undone, in the order that they state (Postgres $major)",
  async (server) => {
    const { settings: connection } = await createDatabase(server);
    const files = {
      "001_b.sql": "create table b (id int);\n",
      "001_b.down.sql": "drop table b;\n",
    };
    await withFolder(files, async (folder) => {
      await migrate({ connection, migrations: folder.path });
      await folder.write("001_a.sql", "-- tidegate:after 001_b\nalter table b add column x int;\n");
      await folder.write("001_a.down.sql", "alter table b drop column x;\n");
      const { applied, version } = await migrate({ connection, migrations: folder.path });
      expect({ applied: applied.map(({ name }) => name), version }).toEqual({
        applied: ["001_a"],
        version: "001_a",
      });
    });
    // Without the folder the order is that in which they were applied.
    const undone = await down({ connection, choice: { to: "001_b" } });
    expect(undone).toMatchObject({ reverted: [{ name: "001_a" }], version: "001_b" });
  },
);
