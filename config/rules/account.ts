import type { Path, Problem } from "../problem.ts";
import type { ServiceConfig } from "../schema/service.ts";
import { problem } from "./rule.ts";

/** Whose account it is. */
export interface AccountUse {
  /** Its name with the default applied; absent where none is named and none is the default. */
  readonly name: string | undefined;
  /** As in `service "api"`. */
  readonly owner: string;
  /** Owners of the accounts that are made, by the accounts' names; this one is added. */
  readonly made: Map<string, string>;
}

/** An account exists, or is made once. */
export function checkAccount(
  at: Path,
  { create, annotations }: ServiceConfig["serviceAccount"],
  { name, owner, made }: AccountUse,
): Problem[] {
  if (!create) {
    return [
      ...(name === undefined
        ? [problem([...at, "name"], "is missing: create: false needs the account that exists")]
        : []),
      ...(Object.keys(annotations).length > 0
        ? [
            problem(
              [...at, "annotations"],
              "cannot be set on an account that exists (create: false)",
            ),
          ]
        : []),
    ];
  }
  if (name === undefined) return [];
  if (name === "default") {
    return [
      problem(
        at,
        'cannot make an account called "default": every namespace has one; set serviceAccount.name, or create: false',
      ),
    ];
  }
  const other = made.get(name);
  made.set(name, owner);
  if (other === undefined) return [];
  return [
    problem(at, `makes the account "${name}", as does ${other}: set create: false on one of them`),
  ];
}
