import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { askForBackup, assertBackup } from "../../src/commands/backup-verdict.ts";
import { BACKUP_FILES } from "../../src/contract.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-backup-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const leave = async (name: keyof typeof BACKUP_FILES, text: string): Promise<void> =>
  await writeFile(join(folder, BACKUP_FILES[name]), text);

test("where nothing is pending no backup is asked for, and none is missed", async () => {
  await askForBackup(folder, []);
  expect(await assertBackup(folder)).toBeNull();
});

test("one that was asked for and taken is named", async () => {
  await askForBackup(folder, ["001_a"]);
  await leave("done", "shop-20261121T120000Z.dump\n");
  expect(await assertBackup(folder)).toBe("shop-20261121T120000Z.dump");
});

test("one that failed stops the run with its reason", async () => {
  await askForBackup(folder, ["001_a"]);
  await leave("failed", "pg_dump: permission denied for table things\n");
  await leave("done", "shop-20261121T120000Z.dump\n");
  await expect(assertBackup(folder)).rejects.toMatchObject({
    kind: "refused",
    message:
      "the backup before the migration has failed, so nothing was migrated: pg_dump: permission denied for table things",
  });
});

test("one that was asked for and left nothing stops the run", async () => {
  await askForBackup(folder, ["001_a"]);
  await expect(assertBackup(folder)).rejects.toThrow(
    "the backup before the migration has failed, so nothing was migrated: it left no word",
  );
});

test("a request that cannot be left is an error, not a missing backup", async () => {
  await expect(askForBackup(join(folder, "absent"), ["001_a"])).rejects.toThrow(
    "the request for a backup cannot be left",
  );
});
