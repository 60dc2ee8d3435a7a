import { expect, test } from "vitest";
import { explainForeignSilence, failureIn } from "./foreign-silence.ts";

const JOB = {
  image: "registry/knex@sha256:1",
  database: "shop",
  namespace: "prod",
  context: "kind-kind",
  deadlineSeconds: 600,
};
const POD =
  "\t* [Pod prod/x]: containers with incomplete status: [pre-flight-check][PodInitializing]\n";
const FAILED = `${POD}\t* [BackoffLimitExceeded] Job has reached the specified backoff limit`;

test("where the tool has spoken there is nothing to add", () => {
  expect(
    explainForeignSilence("\t* [Pod prod/x]: [migrate] relation does not exist", JOB, ""),
  ).toBeUndefined();
});

test("the words of the check before the tool stand in the output of the up", () => {
  expect(explainForeignSilence(FAILED, JOB, "the current role is shop_migrator")).toBe(
    "the Job of database 'shop': its check before the tool has failed:\nthe current role is shop_migrator",
  );
});

test("where nobody could read them the command that shows them does", () => {
  expect(explainForeignSilence(FAILED, JOB, "")).toBe(
    "the Job of database 'shop' failed before the tool said a word; mostly its check before the tool did, which says why:\n" +
      "  kubectl logs --namespace prod x --container pre-flight-check --tail 20",
  );
});

test("without a pod in the provider's error the command lists them", () => {
  expect(explainForeignSilence("\t* [BackoffLimitExceeded] Job has failed", JOB, "")).toContain(
    "\n  kubectl get pods --namespace prod --selector app.kubernetes.io/component=migration,tidegate.dev/database=shop",
  );
});

test("a deadline without a word names the image and the setting", () => {
  expect(explainForeignSilence(`${POD}\t* [DeadlineExceeded] Job was active`, JOB, "")).toBe(
    "the Job of database 'shop' reached its deadline of 600 s: the tool took longer (raise databases.shop.deadline), or its image cannot be pulled or started: registry/knex@sha256:1. Kubernetes says more:\n" +
      "  kubectl get events --namespace prod --field-selector type=Warning",
  );
});

test("the check's last record gives its message and what to do next, anything else nothing", () => {
  expect(failureIn('{"event":"waiting"}\n{"event":"error","message":"a","next":"b"}\n')).toBe(
    "a\nnext: b",
  );
  expect(failureIn('{"event":"error","message":"a"}')).toBe("a");
  expect(failureIn('{"event":"ready"}')).toBe("");
  expect(failureIn("")).toBe("");
});
