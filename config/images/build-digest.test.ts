import { chmod, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFolder } from "../temporary-folder.ts";
import { buildDigest, BuildInputError, type BuildInput } from "./build-digest.ts";

const BUILD: BuildInput = { context: "app", dockerfile: "app/Dockerfile", args: {} };
const FILES = {
  "app/Dockerfile": "FROM scratch\n",
  "app/.dockerignore": "*\n!dist\n",
  "app/dist/server.js": "run();\n",
  "app/src/server.ts": "run();\n",
};

/** Whether the digest is another one after `change`. */
async function changes(change: (folder: string) => Promise<void>, build = BUILD): Promise<boolean> {
  return await withFolder(FILES, async (folder) => {
    const before = await buildDigest(folder, BUILD);
    await change(folder);
    return (await buildDigest(folder, build)) !== before;
  });
}

const write = (path: string, text: string) => async (folder: string) =>
  await writeFile(join(folder, path), text);
const nothing = async (): Promise<void> => {};

describe("the digest is another one when what is built is", () => {
  test.each([
    ["a file's content", write("app/dist/server.js", "stop();\n"), BUILD],
    ["a new file", write("app/dist/empty", ""), BUILD],
    ["the Dockerfile", write("app/Dockerfile", "FROM scratch\nUSER 1\n"), BUILD],
    ["what is ignored", write("app/.dockerignore", "*\n!dist\n!src\n"), BUILD],
    [
      "an executable bit",
      async (folder: string) => await chmod(join(folder, "app/dist/server.js"), 0o755),
      BUILD,
    ],
    [
      "where a link leads",
      async (folder: string) => await symlink("server.js", join(folder, "app/dist/main.js")),
      BUILD,
    ],
    ["an argument", nothing, { ...BUILD, args: { A: "1" } }],
    ["the platform", nothing, { ...BUILD, platform: "linux/arm64" }],
  ])("%s", async (_, change, build) => {
    expect(await changes(change, build)).toBe(true);
  });
});

describe("the digest stays when what is built does", () => {
  test.each([
    ["an ignored file changes", write("app/src/server.ts", "stop();\n")],
    [
      "only times change",
      async (folder: string) => await utimes(join(folder, "app/dist/server.js"), 1, 1),
    ],
    ["a file outside of the context changes", write("README.md", "x")],
  ])("%s", async (_, change) => {
    expect(await changes(change)).toBe(false);
  });

  test("arguments come in another order", async () => {
    await withFolder(FILES, async (folder) => {
      const one = await buildDigest(folder, { ...BUILD, args: { A: "1", B: "2" } });
      expect(await buildDigest(folder, { ...BUILD, args: { B: "2", A: "1" } })).toBe(one);
    });
  });
});

test("an ignore file of the Dockerfile's own wins over the context's", async () => {
  const files = { ...FILES, "app/Dockerfile.dockerignore": "dist\n" };
  await withFolder(files, async (folder) => {
    const before = await buildDigest(folder, BUILD);
    await writeFile(join(folder, "app/dist/server.js"), "stop();\n");
    expect(await buildDigest(folder, BUILD)).toBe(before);
    await writeFile(join(folder, "app/src/server.ts"), "stop();\n");
    expect(await buildDigest(folder, BUILD)).not.toBe(before);
  });
});

describe("what cannot be built says why", () => {
  test.each([
    [{ ...BUILD, context: "none" }, 'there is no folder "none" to build from'],
    [{ ...BUILD, dockerfile: "app/None" }, 'there is no Dockerfile "app/None"'],
  ])("%j", async (build, message) => {
    await withFolder(FILES, async (folder) => {
      await expect(buildDigest(folder, build)).rejects.toThrow(new BuildInputError(message));
    });
  });

  test("an ignore file that is not understood", async () => {
    await withFolder({ ...FILES, "app/.dockerignore": "[ab]" }, async (folder) => {
      await expect(buildDigest(folder, BUILD)).rejects.toThrow(
        new BuildInputError(
          'app/.dockerignore, line 1: "[ab]" has a character class, which is not understood here: write one line for each name',
        ),
      );
    });
  });
});
