import {
  compareVersions,
  findingLine,
  type LintResult,
  partlyLine,
} from "@tidegate/migrator/bundle";
import { type Inputs, problemsOf, valueOf } from "../inputs.ts";
import { nearest } from "../nearest.ts";
import type { Problem } from "../problem.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import { type Checked, problem } from "./rule.ts";

/**
 * What Postgres' own parser finds in the migrations: what is sure to fail, or to break the gate, stops
 * every preview; risks do where the database says `lint: strict`.
 */
export function checkLint({ config }: Checked, inputs: Inputs): readonly Problem[] {
  return Object.entries(config.databases).flatMap(([name, { lint, lintAfter, migrations }]) => {
    const path = ["databases", name, "migrations"];
    const found = inputs.lints.get(name);
    const findings = valueOf(found)?.findings ?? [];
    return [
      ...problemsOf(found).map((message) => problem(path, message)),
      ...findings
        .filter(({ severity }) => severity === "error" || lint === "strict")
        .map((finding) => problem(path, findingLine(finding))),
      ...unknownVersion(name, lintAfter, migrations, inputs),
    ];
  });
}

/** A version that is not there was mistyped, and everything or nothing would be judged. */
function unknownVersion(
  name: string,
  after: string | undefined,
  folder: string | undefined,
  inputs: Inputs,
): Problem[] {
  const bundle = folder === undefined ? undefined : valueOf(inputs.bundles.get(folder));
  if (after === undefined || bundle === undefined) return [];
  const names = bundle.migrations.map((migration) => migration.name);
  if (names.includes(after)) return [];
  const meant =
    nearest(after, names) ?? names.findLast((each) => compareVersions(each, after) <= 0);
  const guess = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return [
    problem(
      ["databases", name, "lintAfter"],
      `"${after}" is not among the migrations of ${name}${guess}`,
    ),
  ];
}

/** Findings of one database that a preview shows; the rest is counted. */
const SHOWN = 10;

/** The risks of every database that does not refuse them, one text each. */
export function lintWarnings({ databases }: PlatformConfig, inputs: Inputs): readonly string[] {
  return Object.entries(databases).flatMap(([name, { lint, migrations = "" }]) => {
    const result = valueOf(inputs.lints.get(name));
    return result === undefined || lint === "strict" ? [] : warning(name, migrations, result);
  });
}

function warning(name: string, folder: string, { findings, partly }: LintResult): string[] {
  const risks = findings.filter(({ severity }) => severity === "warning");
  if (risks.length === 0) return [];
  const count = risks.length === 1 ? "1 risk" : `${risks.length} risks`;
  const rest = risks.length - SHOWN;
  return [
    [
      `databases.${name}.migrations: ${count} in migrations; npx migrator check --migrations ${folder} shows the safe ways`,
      ...risks.slice(0, SHOWN).map((finding) => `  ${findingLine(finding)}`),
      ...(rest > 0 ? [`  and ${rest} more`] : []),
      ...partly.map((each) => `  ${partlyLine(each)}`),
    ].join("\n"),
  ];
}
