import type { Path, Problem } from "../problem.ts";
import type { DatabaseConfig } from "../schema/database.ts";
import type { ServiceConfig } from "../schema/service.ts";
import { checkAccount } from "./account.ts";
import { type Checked, problem } from "./rule.ts";

/** Names of containers that Tidegate puts into pods itself. */
const OWN_CONTAINERS = [
  "pre-flight-check",
  "migrate",
  "bootstrap",
  "schema-gate",
  "cloud-sql-proxy",
];

type Tolerations = NonNullable<NonNullable<ServiceConfig["scheduling"]>["tolerations"]>;

/** What the API server would refuse of a pod, said before anything is changed. */
export function checkPods({ config }: Checked): readonly Problem[] {
  const made = new Map<string, string>();
  return [
    ...Object.entries(config.databases).flatMap(([name, database]) => {
      const path = ["databases", name];
      return [
        ...checkAccount([...path, "serviceAccount"], database.serviceAccount, {
          name: database.serviceAccount.name,
          owner: `database "${name}"`,
          made,
        }),
        ...checkTolerations(path, database.scheduling?.tolerations),
        ...checkSidecars(path, database, OWN_CONTAINERS),
      ];
    }),
    ...Object.entries(config.services).flatMap(([name, service]) => {
      const path = ["services", name];
      return [
        ...checkTolerations(path, service.scheduling?.tolerations),
        ...checkSidecars(path, service, [...OWN_CONTAINERS, name], service.port),
      ];
    }),
  ];
}

function checkTolerations(path: Path, tolerations: Tolerations = []): Problem[] {
  return tolerations.flatMap((toleration, index) => {
    const at = [...path, "scheduling", "tolerations", index];
    const { key, operator = "Equal", value, effect, tolerationSeconds } = toleration;
    return [
      ...(operator === "Exists" && value !== undefined
        ? [problem(at, "has a value, which operator Exists does not compare: take it out")]
        : []),
      ...(key === undefined && operator === "Equal"
        ? [problem(at, "has no key: name one, or set operator: Exists to tolerate every taint")]
        : []),
      ...(tolerationSeconds !== undefined && effect !== "NoExecute"
        ? [problem(at, "has tolerationSeconds, which mean something with effect NoExecute only")]
        : []),
    ];
  });
}

function checkSidecars(
  path: Path,
  { sidecars = [] }: Pick<DatabaseConfig, "sidecars">,
  taken: readonly string[],
  port?: number,
): Problem[] {
  const names = new Set(taken);
  return sidecars.flatMap(({ name, ready }, index) => {
    const at = [...path, "sidecars", index];
    const twice = names.has(name);
    names.add(name);
    return [
      ...(twice
        ? [problem([...at, "name"], `"${name}" is another container of the same pod: rename it`)]
        : []),
      ...(port !== undefined && ready?.port === port
        ? [
            problem(
              [...at, "ready", "port"],
              `${port} is the service's own port, and a pod's containers share their ports: change one`,
            ),
          ]
        : []),
    ];
  });
}
