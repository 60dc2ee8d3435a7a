import type { TestStack } from "./test-stack.ts";

/** Names of the ConfigMaps with a database's migrations, those that wait for their deletion included. */
export async function migrationFiles(
  stack: TestStack,
  database: string,
): Promise<readonly string[]> {
  const selector = `app.kubernetes.io/component=migration,tidegate.dev/database=${database}`;
  const made = await stack.cluster.list("configmaps", selector);
  return made
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.includes("-migration-files-"))
    .toSorted();
}

/** Those of them that an object's pods mount, for example `deployment/api`. */
export async function mountedFiles(stack: TestStack, object: string): Promise<readonly string[]> {
  const text = await stack.cluster.kubectl("get", object, "--output", "json");
  const { spec } = JSON.parse(text) as { spec: object };
  const names = JSON.stringify(spec).matchAll(/"name":"([a-z0-9-]+-migration-files-[a-z0-9]+)"/g);
  return [...new Set([...names].map(([, name = ""]) => name))].toSorted();
}
