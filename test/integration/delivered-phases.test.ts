import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { expect, inject, test } from "vitest";

import { deliveryOf } from "../../config/delivery.ts";
import { bundleFolder } from "../../migrator/src/bundle/index.ts";
import {
  type ConnectionSettings,
  migrate,
  MigratorError,
  withdraw,
} from "../../migrator/src/index.ts";
import { createDatabase } from "../../migrator/test/integration/test-database.ts";

const FIRST = { "001_a.sql": "create table a (old int);\n" };
const CONTRACT = { "002_b.contract.sql": "alter table a drop column old;\n" };
const NEXT = { "003_c.sql": "create table c ();\n" };

/** Does with a folder what the Job does: the files of the ConfigMap at the places that it mounts them. */
async function delivered<T>(
  files: Readonly<Record<string, string>>,
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "tidegate-phases-"));
  try {
    const [source, target] = [join(root, "source"), join(root, "target")];
    await mkdir(source);
    for (const [file, text] of Object.entries(files)) await writeFile(join(source, file), text);
    const { files: texts, items } = deliveryOf(await bundleFolder(source));
    for (const { key, path } of items) {
      await mkdir(dirname(join(target, path)), { recursive: true });
      await writeFile(join(target, path), texts[key] ?? "");
    }
    return await use(target);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

test("the expand Job refuses to jump over a contract migration, as its delivery holds both phases", async () => {
  const [server] = inject("servers");
  if (server === undefined) throw new Error("no server was started");
  const { settings } = await createDatabase(server);
  const expand = (connection: ConnectionSettings, files: Readonly<Record<string, string>>) =>
    delivered(files, (migrations) => migrate({ connection, migrations, phase: "expand" }));
  await expand(settings, FIRST);
  // The rollout of this one failed: its contract migration never ran.
  await expand(settings, { ...FIRST, ...CONTRACT });
  const all = { ...FIRST, ...CONTRACT, ...NEXT };
  const error: unknown = await expand(settings, all).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MigratorError);
  expect(error).toMatchObject({
    kind: "refused",
    message:
      "002_b.contract.sql is a contract migration that is still pending, and 003_c would jump over it; run it first with `migrator up --to 002_b`, or, where it is never to run, `migrator withdraw 002_b`",
  });
  await delivered(all, (migrations) =>
    withdraw({ connection: settings, migrations, name: "002_b" }),
  );
  expect((await expand(settings, all)).applied.map(({ name }) => name)).toEqual(["003_c"]);

  const fresh = await createDatabase(server);
  expect((await expand(fresh.settings, all)).applied.map(({ name }) => name)).toEqual([
    "001_a",
    "003_c",
  ]);
});
