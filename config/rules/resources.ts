import type { Path, Problem } from "../problem.ts";
import type { DatabaseConfig } from "../schema/database.ts";
import type { ResourcesSpec } from "../spec.ts";
import { type Checked, problem } from "./rule.ts";

/** Source: "Quantity" in the Kubernetes API reference. */
const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Requests fit into limits, or no pod would ever be admitted and the deploy would end in a timeout. */
export function checkResources({ config }: Checked): readonly Problem[] {
  return [
    ...check(["server", "resources"], config.server?.resources),
    ...Object.entries(config.databases).flatMap(([name, database]) =>
      checkPod(["databases", name], database),
    ),
    ...Object.entries(config.services).flatMap(([name, service]) =>
      checkPod(["services", name], service),
    ),
  ];
}

function checkPod(
  path: Path,
  { resources, sidecars = [] }: Pick<DatabaseConfig, "resources" | "sidecars">,
): Problem[] {
  return [
    ...check([...path, "resources"], resources),
    ...sidecars.flatMap((sidecar, index) =>
      check([...path, "sidecars", index, "resources"], sidecar.resources),
    ),
  ];
}

function check(path: Path, resources: Loose | undefined): Problem[] {
  if (resources === undefined) return [];
  const { requests = {}, limits = {} } = resources;
  const fractions = Object.entries({ requests, limits }).flatMap(([part, quantities]) =>
    quantities["memory"]?.endsWith("m") === true
      ? [
          problem(
            [...path, part, "memory"],
            `"${quantities["memory"]}" is thousandths of a byte; "${quantities["memory"].slice(0, -1)}Mi" are mebibytes`,
          ),
        ]
      : [],
  );
  const tooMuch = Object.entries(requests).flatMap(([name, request]) => {
    const limit = limits[name];
    return limit !== undefined && amount(request) > amount(limit)
      ? [problem([...path, "requests", name], `${request} is more than the limit of ${limit}`)]
      : [];
  });
  return [...fractions, ...tooMuch];
}

type Loose = {
  readonly [Part in keyof ResourcesSpec]: ResourcesSpec[Part] | undefined;
};

function amount(quantity: string): number {
  const unit = quantity.replace(/^[0-9.]+/, "");
  return Number.parseFloat(quantity) * (FACTORS[unit] ?? 1);
}
