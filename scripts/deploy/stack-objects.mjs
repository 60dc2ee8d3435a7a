/**
 * Prints a stack's Jobs and Deployments, one a line: kind, kube context, namespace, name, database. Ends
 * with 1 where a database or a service of the stack has none.
 *
 * Usage: pulumi stack export --stack STACK | node scripts/deploy/stack-objects.mjs
 */
import { readStackState } from "./stack-state.mjs";

const { objects, databases, services } = await readStackState();
const missing = [
  ...databases
    .filter((database) => !objects.some((each) => each.database === database))
    .map((database) => `database '${database}' has no Job`),
  ...services
    .filter(
      (service) => !objects.some(({ kind, name }) => kind === "Deployment" && name === service),
    )
    .map((service) => `service '${service}' has no Deployment`),
];

if (missing.length > 0) {
  process.stderr.write(`the deploy did not get this far: ${missing.join(", ")}\n`);
  process.exitCode = 1;
} else {
  for (const { kind, context, namespace, name, database } of objects) {
    process.stdout.write(`${[kind, context, namespace, name, database].join("\t")}\n`);
  }
}
