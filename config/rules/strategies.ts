import { type Inputs, valueOf } from "../inputs.ts";
import { migratingServices, migratorsOf } from "../pod-strategies.ts";
import type { Problem } from "../problem.ts";
import type { DatabaseConfig } from "../schema/database.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import { cycles } from "./cycles.ts";
import { type Checked, problem, quoted } from "./rule.ts";

/** Stacks of these names are taken for production whatever they hold. */
const PRODUCTION: readonly string[] = ["prod", "production"];

/** Every database can be migrated in the way that it asks for, and who must agree to it has. */
export function checkStrategies(
  checked: Checked,
  inputs: Inputs,
  stack: string,
): readonly Problem[] {
  const { config } = checked;
  return [
    ...Object.entries(config.databases).flatMap(([name, database]) => [
      ...checkConsent(config, name, database, stack),
      ...checkMigrators(config, name, database),
      ...checkContract(name, database, inputs),
      ...checkAfter(config, name, database),
    ]),
    ...checkWaits(config),
    ...checkVariables(config),
    ...checkCircles(config),
  ];
}

function checkConsent(
  config: PlatformConfig,
  name: string,
  database: DatabaseConfig,
  stack: string,
): Problem[] {
  const { strategy, allowMigratorSecretInService, allowUngated } = database;
  const problems: Problem[] = [];
  const path = ["databases", name];
  if (strategy === "startup" && !allowMigratorSecretInService) {
    problems.push(
      problem(
        [...path, "strategy"],
        `startup gives the migrator's Secret, which may change every table, to ${quoted(migratorsOf(config, name))}: agree with allowMigratorSecretInService: true, or use initContainer, which keeps it from the service's own container`,
      ),
    );
  }
  if (strategy !== "startup" && allowMigratorSecretInService) {
    problems.push(
      problem(
        [...path, "allowMigratorSecretInService"],
        `has no effect with strategy ${strategy}: take it out`,
      ),
    );
  }
  const reason = productionReason(config, database, stack);
  if (strategy === "disabled" && reason !== undefined && !allowUngated) {
    problems.push(
      problem(
        [...path, "strategy"],
        `disabled lets services roll out on any schema, and ${reason}: agree with allowUngated: true, or use manual, which looks that nothing is pending`,
      ),
    );
  }
  if (strategy !== "disabled" && allowUngated) {
    problems.push(
      problem([...path, "allowUngated"], `has no effect with strategy ${strategy}: take it out`),
    );
  }
  return problems;
}

function productionReason(
  config: PlatformConfig,
  { protect }: DatabaseConfig,
  stack: string,
): string | undefined {
  if (protect) return "this database is protected";
  if (config.server?.kind === "external") return "its server is external";
  return PRODUCTION.includes(stack) ? `the stack is called ${stack}` : undefined;
}

function checkMigrators(config: PlatformConfig, name: string, database: DatabaseConfig): Problem[] {
  const { strategy } = database;
  if (strategy !== "initContainer" && strategy !== "startup") return [];
  if (migratorsOf(config, name).length > 0) return [];
  return [
    problem(
      ["databases", name, "strategy"],
      `${strategy} needs a service whose pods migrate, one that connects to "${name}" as app, and there is none: add it, or use job`,
    ),
  ];
}

/** A program that migrates as it starts runs before its rollout is over, a contract migration after. */
function checkContract(name: string, { strategy, migrations }: DatabaseConfig, inputs: Inputs) {
  const bundle = migrations === undefined ? undefined : valueOf(inputs.bundles.get(migrations));
  const files = (bundle?.migrations ?? [])
    .filter(({ phase }) => phase === "contract")
    .map(({ file }) => file);
  if (strategy !== "startup" || files.length === 0) return [];
  return [
    problem(
      ["databases", name, "strategy"],
      `startup applies nothing after a rollout, and ${files.join(", ")} ${files.length === 1 ? "is a contract migration" : "are contract migrations"}: use job or initContainer`,
    ),
  ];
}

/** Only a Job can come before another one; pods of services come after all Jobs. */
function checkAfter(config: PlatformConfig, name: string, { after }: DatabaseConfig): Problem[] {
  return after.flatMap((other, index) => {
    const strategy = config.databases[other]?.strategy ?? "job";
    if (strategy === "job" || strategy === "manual") return [];
    const why =
      strategy === "disabled" ? "nothing migrates" : "is migrated by its services' own pods";
    return [
      problem(
        ["databases", name, "after", index],
        `"${other}" has strategy ${strategy}, so that it ${why}: give it strategy job, or take this out`,
      ),
    ];
  });
}

function checkWaits({ databases, services }: PlatformConfig): Problem[] {
  return Object.entries(services).flatMap(([name, { waitsFor }]) =>
    waitsFor.flatMap((database, index) =>
      databases[database]?.strategy === "disabled"
        ? [
            problem(
              ["services", name, "waitsFor", index],
              `"${database}" has strategy disabled and so no gate to wait for: take this out`,
            ),
          ]
        : [],
    ),
  );
}

/** A service under another name would pass for an older version of itself, or an older for the new. */
function checkVariables({ services }: PlatformConfig): Problem[] {
  return Object.entries(services).flatMap(([name, { env, secretEnv, databases }]) =>
    Object.keys(databases).length === 0
      ? []
      : [
          ...Object.keys(env).map((variable) => ["env", variable]),
          ...Object.keys(secretEnv).map((variable) => ["secretEnv", variable]),
        ]
          .filter(([, variable]) => variable === "PGAPPNAME")
          .map((path) =>
            problem(
              ["services", name, ...path],
              "is set to the service and its version, by which a contract migration knows old pods: take it out",
            ),
          ),
  );
}

/** Each of two services migrates what the other reads, so that neither could roll out first. */
function checkCircles(config: PlatformConfig): Problem[] {
  const edges = (own: boolean) =>
    new Map(
      Object.entries(config.services).map(([name, { after }]) => [
        name,
        [...after, ...(own ? migratingServices(config, name) : [])],
      ]),
    );
  if (cycles(edges(false)).length > 0) return [];
  return cycles(edges(true)).map((cycle) =>
    problem(
      ["services", cycle[0] ?? "", "databases"],
      `each of ${cycle.join(", ")} waits for a database that another of them migrates in its pods, so that none could be first: give one of these databases strategy job`,
    ),
  );
}

/** What a preview says of strategies that give something up. */
export function strategyWarnings(config: PlatformConfig): readonly string[] {
  return Object.entries(config.databases).flatMap(([name, { strategy }]) => {
    const path = `databases.${name}.strategy`;
    if (strategy === "startup") {
      const services = quoted(migratorsOf(config, name));
      return [
        `${path}: startup: the migrator's Secret of "${name}", which may change every table, is in the pods of ${services}; initContainer keeps it from their own containers`,
      ];
    }
    return strategy === "disabled"
      ? [`${path}: disabled: nothing migrates "${name}", and no service waits for its schema`]
      : [];
  });
}
