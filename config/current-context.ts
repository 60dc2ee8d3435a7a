import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import type { CurrentContext } from "./rules/kube-context.ts";
import { isTree } from "./tree.ts";

/**
 * The current context, as kubectl finds it: `KUBECONFIG` may list several files, the first that sets
 * one wins, files that are not there are skipped; without it, `~/.kube/config`.
 * Source: Kubernetes, "Organizing Cluster Access Using kubeconfig Files", merging.
 */
export async function currentContext(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<CurrentContext> {
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const files = listed.length > 0 ? listed : [join(home, ".kube", "config")];
  for (const file of files) {
    const found = await contextOf(file);
    if (found !== undefined) return found;
  }
  return {
    problem: `no kube context is current, and this stack may touch only what it names (looked in ${files.join(", ")})`,
  };
}

async function contextOf(file: string): Promise<CurrentContext | undefined> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return error instanceof Error ? error : new Error(String(error));
  });
  if (text === undefined) return undefined;
  if (text instanceof Error) return { problem: `${file} cannot be read (${text.message})` };
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    // The parser's message would quote the file, which holds credentials.
    return { problem: `${file} is no YAML` };
  }
  const name = isTree(config) ? config["current-context"] : undefined;
  return typeof name === "string" && name !== "" ? { name } : undefined;
}
