import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { adviceOf } from "../../src/core/advice.ts";
import type { Environment } from "../../src/core/connection/connection-parts.ts";

const NEW_DOWN =
  "write a new migration that undoes it, or give it a way down (NNN_name.down.sql beside it, or `down` in it)";

/** The advice with all its words, about a migration where one is named. */
function worded(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(adviceOf(env)).map(
      ([name, words]: [string, string | ((of: string) => string)]) => [
        name,
        typeof words === "string" ? words : words("010_drop"),
      ],
    ),
  );
}

test("whoever started the runner by hand is advised in the words of its options", () => {
  expect(worded({})).toEqual({
    again: "run again",
    outOfOrder: "allow it once with --out-of-order",
    ahead: "allow it with --ahead notice",
    lockWait: "--lock-wait",
    deadline: "--deadline",
    statementTimeout: "--statement-timeout",
    idleInTransaction: "--idle-in-transaction-timeout",
    expandFirst: "run `migrator up --phase expand`",
    contractFirst:
      "run it first with `migrator up --to 010_drop`, or, where it is never to run, `migrator withdraw 010_drop`",
    allowDataLoss: "allow it with --allow-data-loss",
    finishFirst: "let `migrator up` finish it first, then run down",
    downAtMost: "go down to it at most: migrator down --to 010_drop",
    acceptChange: "where the change is known to do no harm, `migrator repair --accept 010_drop`",
    acceptName: "where it only has another name now, `migrator repair --rename 010_drop=NEW_NAME`",
    otherHistory:
      "take it over: `migrator adopt` shows what it would record (`migrator baseline VERSION` records by version alone); where that table has nothing to do with these files, `migrator up --ignore-other-history`",
    missingDown: `${NEW_DOWN} and run \`migrator down --migrations DIR\``,
  });
});

test("whoever deploys a stack is advised in the keys of its configuration", () => {
  expect(worded({ TIDEGATE_DATABASE: "orders" })).toEqual({
    again: "run `pulumi up` again",
    outOfOrder: "allow it with `databases.orders.outOfOrder: true`",
    ahead: "allow it with `databases.orders.ahead: notice`",
    lockWait: "`databases.orders.lockWait`",
    deadline: "`databases.orders.deadline`",
    statementTimeout: "`databases.orders.statementTimeout`",
    idleInTransaction: "`databases.orders.idleInTransactionTimeout`",
    expandFirst:
      "raise `databases.orders.run` by one and run `pulumi up`, whose first Job applies them",
    contractFirst:
      "take what is newer out of the folder and run `pulumi up`, which runs it after the rollout, then put that back; or, where it is never to run, withdraw it: docs/runbook.md, A contract migration holds up a deploy",
    allowDataLoss: "allow it with `rollback.allowDataLoss: true`",
    finishFirst: "take `rollback` out and run `pulumi up`, which finishes it; then go back",
    downAtMost: "go back to it at most: `rollback.to: 010_drop`",
    acceptChange:
      "where the change is known to do no harm, accept it: docs/runbook.md, An applied file was changed or renamed",
    acceptName:
      "where it only has another name now, rename it: docs/runbook.md, An applied file was changed or renamed",
    otherHistory:
      "take it over, or say that it has nothing to do with these files: docs/runbook.md, Another tool has migrated the database",
    missingDown: `${NEW_DOWN} in this folder, and run \`pulumi up\` again`,
  });
});

test("what a stack is advised names neither an option nor a command of the runner", () => {
  const words = Object.values(worded({ TIDEGATE_DATABASE: "orders" }));
  expect(words.filter((text) => /--[a-z]|`migrator/.test(text))).toEqual([]);
});

test("the section of the runbook that advice names is there", () => {
  const [, page = "", section = ""] =
    /(docs\/\S+\.md), (.+)$/.exec(worded({ TIDEGATE_DATABASE: "orders" })["contractFirst"] ?? "") ??
    [];
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), "utf8");
  expect(text).toContain(`\n## ${section}\n`);
});
