import { spawnSync } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { writeFiles } from "../../../../scripts/build-files.mjs";
import { withFolder } from "./folder.ts";

async function filesOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .toSorted();
}

test("writes what is new, leaves what is equal alone and deletes the rest", async () => {
  await withFolder(
    { "out/same": "1", "out/old": "2", "out/gone/deep/x": "3", keep: "4" },
    async (dir) => {
      const out = join(dir, "out");
      const before = await stat(join(out, "same"));
      const files = new Map<string, string | Uint8Array>([
        ["same", "1"],
        ["old", "new"],
        ["a/b/c", Buffer.from([0xff])],
      ]);
      await writeFiles(out, files, { prune: true });
      expect(await filesOf(dir)).toEqual(["keep", "out/a/b/c", "out/old", "out/same"]);
      expect(await readFile(join(out, "old"), "utf8")).toBe("new");
      expect(await readFile(join(out, "a/b/c"))).toEqual(Buffer.from([0xff]));
      expect((await stat(join(out, "same"))).ino).toBe(before.ino);
    },
  );
});

test("makes files that every user may read, whatever the umask of who builds", async () => {
  await withFolder({}, async (dir) => {
    const script = fileURLToPath(new URL("../../../../scripts/build-files.mjs", import.meta.url));
    const program =
      "process.umask(0o077);" +
      `import(${JSON.stringify(script)}).then((m) => m.writeFiles(process.argv[1], new Map([["a/b", "1"]]), { prune: false }))`;
    const { status } = spawnSync(process.execPath, ["-e", program, join(dir, "out")]);
    expect(status).toBe(0);
    expect((await stat(join(dir, "out"))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, "out/a"))).mode & 0o777).toBe(0o755);
    expect((await stat(join(dir, "out/a/b"))).mode & 0o777).toBe(0o644);
  });
});

test("is not confused by builds that run at once", async () => {
  await withFolder({}, async (dir) => {
    const names = Array.from({ length: 40 }, (_, i) => `d${i % 4}/f${i}`);
    const content = "x".repeat(100_000);
    const files = new Map(names.map((name) => [name, content]));
    const out = join(dir, "dist/image");
    await Promise.all([1, 2, 3, 4].map(() => writeFiles(out, files, { prune: true })));
    expect(await filesOf(join(dir, "dist"))).toEqual(
      names.map((name) => `image/${name}`).toSorted(),
    );
    for (const name of names) expect(await readFile(join(out, name), "utf8")).toBe(content);
  });
});

test("leaves the old file when a write fails", async () => {
  await withFolder({ "out/a": "old", "out/b/c": "folder" }, async (dir) => {
    const out = join(dir, "out");
    const files = new Map([
      ["b", "a folder stands here"],
      ["a", "new"],
    ]);
    await expect(writeFiles(out, files, { prune: false })).rejects.toThrow("EISDIR");
    expect(await filesOf(out)).toEqual(["a", "b/c"]);
    expect(await readFile(join(out, "a"), "utf8")).toBe("old");
  });
});
