import type { Inputs } from "./inputs.ts";
import { type Layer, withSources } from "./layers.ts";
import type { Problem } from "./problem.ts";
import { type ReadConfig, readConfig } from "./read-config.ts";
import { resolveSpec } from "./resolve.ts";
import { checkBackups } from "./rules/backup.ts";
import { checkAdminPassword, checkCredentials } from "./rules/credentials.ts";
import { checkDatabaseEnvironment } from "./rules/database-environment.ts";
import { checkDelivery } from "./rules/delivery.ts";
import { checkFiles } from "./rules/files.ts";
import { checkImages } from "./rules/images.ts";
import { checkJobFeatures } from "./rules/job-features.ts";
import { checkLint, lintWarnings } from "./rules/lint.ts";
import { checkOperations } from "./rules/operations.ts";
import { checkPods } from "./rules/pods.ts";
import { checkReferences } from "./rules/references.ts";
import { checkRequired } from "./rules/required.ts";
import { checkResources } from "./rules/resources.ts";
import { checkRunners } from "./rules/runners.ts";
import { checkNames } from "./rules/role-names.ts";
import { checkWaitBudgets } from "./rules/wait-budgets.ts";
import { checkWindows } from "./rules/schema-window.ts";
import { checkSecrets, type SecretKeys } from "./rules/secrets.ts";
import { checkRollback } from "./rules/rollback.ts";
import { checkServer } from "./rules/server.ts";
import { checkServices } from "./rules/services.ts";
import { checkStrategies, strategyWarnings } from "./rules/strategies.ts";
import { checkContext, type CurrentContext } from "./rules/kube-context.ts";
import { STACK_KEYS } from "./schema/platform.ts";
import type { PlatformSpec } from "./spec.ts";

/** What a parse knows beside the configuration itself. */
export interface ParseContext {
  /** The project's name. */
  readonly project: string;
  readonly stack: string;
  /** What the files that the configuration names led to. */
  readonly inputs: Inputs;
  /** Commit that is deployed, where it is known. */
  readonly commit?: string;
  /** Absent: no cluster is touched, and the first allowed context stands in the spec. */
  readonly current?: CurrentContext;
  /** Absent: secrets are not needed here and not checked. */
  readonly secrets?: SecretKeys;
  /** Problems that were found before, at reading. */
  readonly problems?: readonly Problem[];
}

/** A spec with what should be looked at, or every problem at once. */
export type Parsed =
  | { readonly spec: PlatformSpec; readonly warnings: readonly string[] }
  | { readonly problems: readonly Problem[] };

/** From the values of the files, the first over the others, to the description of a platform. Pure. */
export function parsePlatform(layers: readonly Layer[], context: ParseContext): Parsed {
  const checked = { ...readConfig(layers), project: context.project };
  const { inputs } = context;
  const found = [...(context.problems ?? []), ...checked.problems];
  const problems = [
    ...found,
    ...checkRequired(checked),
    ...checkServer(checked),
    ...checkCredentials(checked),
    ...checkBackups(checked),
    ...checkNames(checked),
    ...checkReferences(checked),
    ...checkDatabaseEnvironment(checked),
    ...checkServices(checked),
    ...checkPods(checked),
    ...checkOperations(checked),
    ...checkRunners(checked),
    ...checkImages(checked),
    ...checkResources(checked),
    ...checkWaitBudgets(checked),
    ...checkFiles(checked, inputs),
    ...checkDelivery(checked, inputs),
    ...checkLint(checked, inputs),
    ...checkWindows(checked, inputs),
    ...checkStrategies(checked, inputs, context.stack),
    ...checkJobFeatures(checked),
    ...checkRollback(checked, inputs),
    ...(context.current === undefined ? [] : checkContext(checked, context.current)),
    ...(context.secrets === undefined
      ? []
      : [
          ...checkSecrets(checked, context.secrets),
          ...checkAdminPassword(checked, context.secrets),
        ]),
  ].filter((problem) => found.includes(problem) || !found.some(samePath(problem)));
  if (problems.length > 0)
    return { problems: withSources(layers, inOrder(once(problems), checked)) };
  const warnings = [...lintWarnings(checked.config, inputs), ...strategyWarnings(checked.config)];
  return { spec: resolveSpec(checked.config, context), warnings };
}

/** A value that the schema refused is cut off; a rule would report it as missing. */
function samePath({ path }: Problem): (other: Problem) => boolean {
  const text = JSON.stringify(path);
  return (other) => JSON.stringify(other.path) === text;
}

/** By key, as the schema lists them, then by entry, so that all about one service stands together. */
function inOrder(problems: readonly Problem[], checked: ReadConfig): Problem[] {
  const entries = [...checked.databases, ...checked.services];
  const places = ({ path }: Problem): readonly [number, number] => [
    STACK_KEYS.indexOf(String(path[0])),
    entries.indexOf(String(path[1])),
  ];
  return problems.toSorted((a, b) => {
    const [key, entry] = places(a);
    const [otherKey, otherEntry] = places(b);
    return key - otherKey || entry - otherEntry;
  });
}

/** Two rules may find the same. */
function once(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}
