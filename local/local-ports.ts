import type { LocalPlatform } from "./select-services.ts";
import { UserError } from "./user-error.ts";

/**
 * In a cluster every pod has ports of its own; here all services share one machine's. Found before
 * anything starts: the first of two would answer the other's readiness probe.
 *
 * @throws UserError with all ports that several services have
 */
export function checkPorts({ services, stack }: LocalPlatform): void {
  const names = new Map<number, string[]>();
  for (const { name, port, dev } of services) {
    if (dev !== undefined) names.set(port, [...(names.get(port) ?? []), name]);
  }
  const shared = [...names]
    .filter(([, users]) => users.length > 1)
    .map(([port, users]) => `port ${port} (${users.join(", ")})`);
  if (shared.length === 0) return;
  throw new UserError(
    `several services have ${shared.join(", ")}, and here they share one machine: give each a port of its own in Pulumi.${stack}.yaml, or run one of them with --only`,
  );
}
