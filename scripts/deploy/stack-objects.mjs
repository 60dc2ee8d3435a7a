/**
 * Prints a stack's Jobs and Deployments, one a line: kind, kube context, namespace, name, database.
 *
 * Usage: pulumi stack export --stack STACK | node scripts/deploy/stack-objects.mjs
 */
import { readStackState } from "./stack-state.mjs";

for (const { kind, context, namespace, name, database } of await readStackState()) {
  process.stdout.write(`${[kind, context, namespace, name, database].join("\t")}\n`);
}
