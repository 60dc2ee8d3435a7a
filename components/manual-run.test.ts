import { expect, test } from "vitest";
import { buildByHand } from "./manual-run.ts";

test.each([
  ["expand", "--from=cronjob/auth-migrate-manual $job && kubectl wait"],
  [
    "contract",
    "--from=cronjob/auth-migrate-manual $job --dry-run=client -o yaml | sed 's/- expand$/- contract/' | kubectl apply -f - && kubectl wait",
  ],
] as const)("%s migrations are run by hand from the CronJob, and the up goes on", (phase, part) => {
  const commands = buildByHand({ kubeName: "auth" }, phase, "shop");
  expect(commands).toContain(
    `job=auth-by-hand-$(date +%s) && kubectl create job --namespace shop ${part}`,
  );
  expect(commands.endsWith(" --timeout=10m job/$job && pulumi up")).toBe(true);
});
