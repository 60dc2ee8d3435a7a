import { nearest } from "../nearest.ts";
import type { Path, Problem } from "../problem.ts";
import { cycles } from "./cycles.ts";
import { type Checked, problem, quoted } from "./rule.ts";

/** Every name of a database or service leads to one, and no order goes round in a circle. */
export function checkReferences(checked: Checked): readonly Problem[] {
  const { config, databases, services } = checked;
  const database = (path: Path, name: string): Problem[] =>
    databases.has(name) ? [] : [problem(path, unknownName("database", name, databases))];
  const service = (path: Path, name: string): Problem[] =>
    services.has(name) ? [] : [problem(path, unknownName("service", name, services))];

  const ofDatabases = Object.entries(config.databases).flatMap(([name, { after }]) =>
    after.flatMap((other, index) => database(["databases", name, "after", index], other)),
  );
  const ofServices = Object.entries(config.services).flatMap(([name, entry]) => {
    const path = ["services", name];
    return [
      ...Object.keys(entry.databases).flatMap((key) => database([...path, "databases", key], key)),
      ...entry.waitsFor.flatMap((key, index) => database([...path, "waitsFor", index], key)),
      ...entry.after.flatMap((key, index) => service([...path, "after", index], key)),
    ];
  });
  return [
    ...ofDatabases,
    ...ofServices,
    ...circles("databases", config.databases),
    ...circles("services", config.services),
  ];
}

/** What is said of a name that nobody declared. */
export function unknownName(kind: string, name: string, declared: ReadonlySet<string>): string {
  const meant = nearest(name, declared);
  const guess = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `there is no ${kind} "${name}"${guess} (declared: ${quoted(declared)})`;
}

function circles(
  section: "databases" | "services",
  entries: Readonly<Record<string, { readonly after: readonly string[] }>>,
): Problem[] {
  const edges = new Map(Object.entries(entries).map(([name, { after }]) => [name, after]));
  return cycles(edges).map((cycle) =>
    problem(
      [section, cycle[0] ?? "", "after"],
      `goes round in a circle, so that none could be first: ${[...cycle, cycle[0]].join(" → ")}; take one "after" out`,
    ),
  );
}
