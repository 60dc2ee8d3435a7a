import { expect, test } from "vitest";
import { explainRolloutFailure } from "./rollout-silence.ts";

test("a rollout that failed says in whose log the migration's reason stands", () => {
  const database = { name: "auth", kubeName: "auth" };
  const rollout = (by: "initContainer" | "startup") =>
    explainRolloutFailure({ service: "api", namespace: "shop", migrates: [{ by, database }] });
  expect(rollout("initContainer")).toBe(
    "service 'api' did not roll out; its pods migrate auth themselves. What the migration said:\n" +
      "  kubectl logs --namespace shop -l app.kubernetes.io/component=service,app.kubernetes.io/name=api --container migrate-auth --prefix --tail=-1",
  );
  expect(rollout("startup")).toContain("--container api --prefix");
});
