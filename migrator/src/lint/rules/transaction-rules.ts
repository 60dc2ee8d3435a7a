import type { Node } from "libpg-query";
import type { Draft } from "../finding.ts";
import { nameParts } from "../names.ts";
import type { Scene, Step } from "../scene.ts";

/**
 * Statements for which Postgres answers 25001 by what only the parser tells: an option, or that a table
 * is not named. The reading of the folder refuses all others (`neverInTransaction`).
 */
export function transactionRules({ tree, text }: Step, scene: Scene): Draft[] {
  const what = scene.transaction ? outside(tree) : null;
  if (what === null) return [];
  const message = `${what} cannot run in a transaction`;
  const safe = `-- tidegate:no-transaction, in a file of its own\n${text.trim()};`;
  return [{ rule: "not-in-transaction", message, safe }];
}

function outside(tree: Node): string | null {
  if ("ClusterStmt" in tree) {
    return tree.ClusterStmt.relation === undefined ? "CLUSTER of every table" : null;
  }
  if ("CreateSubscriptionStmt" in tree) {
    const { options = [] } = tree.CreateSubscriptionStmt;
    const isLocal = isOff(options, "create_slot") || isOff(options, "connect");
    return isLocal ? null : "CREATE SUBSCRIPTION, which makes a slot,";
  }
  if ("AlterSubscriptionStmt" in tree) {
    const { kind = "", options = [] } = tree.AlterSubscriptionStmt;
    return REFRESHING.includes(kind) && !isOff(options, "refresh")
      ? "ALTER SUBSCRIPTION … PUBLICATION, which refreshes,"
      : null;
  }
  return null;
}

const REFRESHING: readonly string[] = [
  "ALTER_SUBSCRIPTION_ADD_PUBLICATION",
  "ALTER_SUBSCRIPTION_DROP_PUBLICATION",
  "ALTER_SUBSCRIPTION_SET_PUBLICATION",
];

/** Whether an option is given as false, in one of the spellings that `defGetBoolean` takes. */
function isOff(options: readonly Node[], name: string): boolean {
  return options.some((node) => {
    if (!("DefElem" in node) || node.DefElem.defname !== name) return false;
    const { arg } = node.DefElem;
    if (arg === undefined) return false;
    // A word such as `off` may be a type to the parser.
    const word = nameParts(arg).join(".").toLowerCase();
    if ("Integer" in arg) return (arg.Integer.ival ?? 0) === 0;
    return ["false", "off", "0"].includes(word);
  });
}
