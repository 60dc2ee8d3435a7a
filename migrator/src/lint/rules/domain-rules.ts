import type { AlterDomainStmt } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameKey, nameParts, sqlName } from "../names.ts";
import type { Scene, Step } from "../scene.ts";

/** Domains of others whose values are checked, in every table that has some. */
export function domainRules({ tree, text }: Step, scene: Scene): Draft[] {
  if (!("AlterDomainStmt" in tree)) return [];
  const parts = (tree.AlterDomainStmt.typeName ?? []).flatMap(nameParts);
  if (scene.created.has(nameKey(parts)) || !readsTables(tree.AlterDomainStmt)) return [];
  const domain = sqlName(parts);
  return [
    {
      rule: "domain-constraint",
      message: `no table with a column of ${domain} can be written while all of them are read`,
      lock: { mode: "SHARE", table: null },
      safe: [
        ...forNewValues(tree.AlterDomainStmt, parts, text),
        `-- for the old values, of each table that has a column of ${domain}:`,
        "alter table … add constraint … check (…) not valid;",
        "-- in the next migration:",
        "alter table … validate constraint …;",
      ].join("\n"),
    },
  ];
}

/** `AlterDomainStmt.subtype` is a letter: C adds a constraint, V validates one, O sets NOT NULL. */
function readsTables({ subtype, def }: AlterDomainStmt): boolean {
  if (subtype === "O" || subtype === "V") return true;
  const isValid =
    def !== undefined && "Constraint" in def && def.Constraint.skip_validation !== true;
  return subtype === "C" && isValid;
}

function forNewValues({ subtype }: AlterDomainStmt, parts: string[], text: string): string[] {
  if (subtype === "V") return [];
  const name = ident(`${parts.at(-1) ?? ""}_not_null`);
  return [
    subtype === "C"
      ? `${text.trim()} not valid;`
      : `alter domain ${sqlName(parts)} add constraint ${name} check (value is not null) not valid;`,
  ];
}
