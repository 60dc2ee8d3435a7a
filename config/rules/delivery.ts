import { DELIVERY_BYTES, deliveryBytes, deliveryOf } from "../delivery.ts";
import { type Inputs, valueOf } from "../inputs.ts";
import type { Problem } from "../problem.ts";
import { type Checked, problem } from "./rule.ts";

/** Migrations fit into a ConfigMap, or Kubernetes would refuse it halfway through a deploy. */
export function checkDelivery({ config }: Checked, inputs: Inputs): readonly Problem[] {
  return Object.entries(config.databases).flatMap(([name, { migrations }]) => {
    const bundle = migrations === undefined ? undefined : valueOf(inputs.bundles.get(migrations));
    const bytes = bundle === undefined ? 0 : deliveryBytes(deliveryOf(bundle));
    if (bytes <= DELIVERY_BYTES) return [];
    return [
      problem(
        ["databases", name, "migrations"],
        `these migrations have ${kib(bytes)} and a ConfigMap carries ${kib(DELIVERY_BYTES)}: move data out of migrations`,
      ),
    ];
  });
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
