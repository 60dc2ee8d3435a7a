import { expect, test } from "vitest";

import { adviceOf } from "../../src/core/advice.ts";

test("whoever started the runner by hand is advised in the words of its options", () => {
  expect(adviceOf({})).toEqual({
    again: "run again",
    outOfOrder: "allow it once with --out-of-order",
    ahead: "allow it with --ahead notice",
    lockWait: "--lock-wait",
    deadline: "--deadline",
    statementTimeout: "--statement-timeout",
    idleInTransaction: "--idle-in-transaction-timeout",
  });
});

test("whoever deploys a stack is advised in the keys of its configuration", () => {
  expect(adviceOf({ TIDEGATE_DATABASE: "orders" })).toEqual({
    again: "run `pulumi up` again",
    outOfOrder: "allow it with `databases.orders.outOfOrder: true`",
    ahead: "allow it with `databases.orders.ahead: notice`",
    lockWait: "`databases.orders.lockWait`",
    deadline: "`databases.orders.deadline`",
    statementTimeout: "`databases.orders.statementTimeout`",
    idleInTransaction: "`databases.orders.idleInTransactionTimeout`",
  });
});
