import { expect, test } from "vitest";
import { lockWaitOf, waitShares } from "./wait-shares.ts";

test.each([
  // Deadline, retries, for the server, for locks.
  [600, 0, 60, 240],
  [300, 0, 30, 120],
  [60, 0, 6, 24],
  [600, 1, 30, 120],
  [3600, 2, 60, 240],
])(
  "of %i s and %i retries each try may wait %i s for the server and %i s for locks",
  (deadline, retries, server, lock) => {
    const shares = waitShares(deadline, retries);
    expect([shares.server, lockWaitOf(shares, undefined)]).toEqual([server, lock]);
    expect((server + lock) * (retries + 1)).toBeLessThanOrEqual(deadline / 2);
  },
);

test("a bound that the stack sets stands", () => {
  expect(lockWaitOf(waitShares(3600, 0), 600)).toBe(600);
});
