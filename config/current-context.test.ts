import { join } from "node:path";
import { expect, test } from "vitest";
import { currentContext } from "./current-context.ts";
import { withFolder } from "./temporary-folder.ts";

const FILES = {
  "a.yaml": "apiVersion: v1\nkind: Config\nclusters: []\n",
  "b.yaml": "current-context: kind-b\n",
  "c.yaml": "current-context: kind-c\n",
  "broken.yaml": "users: [{ user: { token: s3cret } }\n",
  ".kube/config": "current-context: home\n",
};

async function contextWith(files: readonly string[] | undefined) {
  return await withFolder(FILES, async (folder) => {
    const KUBECONFIG = files?.map((file) => join(folder, file)).join(":");
    const found = await currentContext({ KUBECONFIG }, folder);
    return "problem" in found ? found.problem.replaceAll(folder, "") : found.name;
  });
}

test("without KUBECONFIG the file in the home folder is read", async () => {
  expect(await contextWith(undefined)).toBe("home");
});

test("of several files the first that sets a context wins", async () => {
  expect(await contextWith(["missing.yaml", "a.yaml", "b.yaml", "c.yaml"])).toBe("kind-b");
});

test("no context at all is a problem that names where it was looked for", async () => {
  expect(await contextWith(["missing.yaml", "a.yaml"])).toBe(
    "no kube context is current, and this stack may touch only what it names (looked in /missing.yaml, /a.yaml)",
  );
});

test("a broken file is a problem that quotes none of it", async () => {
  expect(await contextWith(["broken.yaml"])).toBe("/broken.yaml is no YAML");
});
