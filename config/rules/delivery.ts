import { DELIVERY_BYTES, deliveryBytes, deliveryOf, deliveryOfFiles } from "../delivery.ts";
import { type Inputs, valueOf } from "../inputs.ts";
import type { Path, Problem } from "../problem.ts";
import { runnerFolder } from "../runner-folder.ts";
import { type Checked, problem } from "./rule.ts";

/** Migrations fit into a ConfigMap, or Kubernetes would refuse it halfway through a deploy. */
export function checkDelivery({ config }: Checked, inputs: Inputs): readonly Problem[] {
  return Object.entries(config.databases).flatMap(([name, { migrations, runner }]) => {
    const bundle = migrations === undefined ? undefined : valueOf(inputs.bundles.get(migrations));
    const mounted = runner?.mount === undefined ? undefined : runnerFolder(runner, inputs);
    return [
      ...tooLarge(
        ["databases", name, "migrations"],
        bundle === undefined ? 0 : deliveryBytes(deliveryOf(bundle)),
        "move data out of migrations",
      ),
      ...tooLarge(
        ["databases", name, "runner", "mount"],
        mounted === undefined ? 0 : deliveryBytes(deliveryOfFiles(mounted.files)),
        "build them into the runner's image, and take mount out",
      ),
    ];
  });
}

function tooLarge(path: Path, bytes: number, help: string): Problem[] {
  if (bytes <= DELIVERY_BYTES) return [];
  return [
    problem(
      path,
      `these migrations have ${kib(bytes)} and a ConfigMap carries ${kib(DELIVERY_BYTES)}: ${help}`,
    ),
  ];
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
