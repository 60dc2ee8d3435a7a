import type { Draft } from "../finding.ts";
import type { Step } from "../scene.ts";

const RELEASES_ALL = "pg_advisory_unlock_all";

/** What would take the runner's own lock from its session. */
export function sessionRules({ tree, text, inBlock }: Step): Draft[] {
  // The whole text of a block was searched, so that what the parser cannot read there is found too.
  if (inBlock === true) return [];
  const releases =
    "DiscardStmt" in tree
      ? tree.DiscardStmt.target === "DISCARD_ALL"
      : "DoStmt" in tree
        ? text.includes(RELEASES_ALL)
        : calls(tree, RELEASES_ALL);
  if (!releases) return [];
  const message = "every advisory lock of the session goes, the one that keeps other runs out too";
  const safe = "select pg_advisory_unlock(KEY); -- of each lock that this migration took itself";
  return [{ rule: "migration-lock-released", message, safe }];
}

/** Whether a call of the function is anywhere in it; the body of a function that is made is text. */
function calls(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((each) => calls(each, name));
  if (typeof node !== "object" || node === null) return false;
  return Object.entries(node).some(([key, value]) =>
    key === "FuncCall" && typeof value === "object" && value !== null && "funcname" in value
      ? JSON.stringify(value.funcname).includes(`"${name}"`) || calls(Object.values(value), name)
      : calls(value, name),
  );
}
