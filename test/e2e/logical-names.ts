import type { TestStack } from "./test-stack.ts";

/** Pattern of the URN of a service's Deployment, for `--target`. */
export function deploymentUrn(stack: TestStack, service: string): string {
  return `**::${stack.name}-${service}-deployment`;
}

/** Pattern of the URN of a database's migration Job, for `--target`, `--exclude` and `--replace`. */
export function migrationJobUrn(stack: TestStack, database: string): string {
  return `**::${stack.name}-${database.replaceAll("_", "-")}-migration-job`;
}

/** The patterns that a text names in `--target '…'`, in their order. */
export function targetsIn(text: string): string[] {
  return [...text.matchAll(/--target '([^']+)'/g)].map(([, pattern = ""]) => pattern);
}
