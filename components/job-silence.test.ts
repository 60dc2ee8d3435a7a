import { describe, expect, test } from "vitest";
import { explainSilence } from "./job-silence.ts";

const JOB = {
  image: "registry.example/migrator@sha256:0",
  database: "shop_orders",
  namespace: "shop",
  resources: { requests: { cpu: "1000" }, limits: { memory: "256Mi" } },
};
const POD = "\t* [Pod shop/orders-migration-job-1-x]: ";
const DEADLINE = "\t* [DeadlineExceeded] Job was active longer than specified deadline";
const MORE =
  ". Kubernetes says more:\n  kubectl get events --namespace shop --field-selector type=Warning";

describe("a Job that failed without a word of its own", () => {
  test("names the image where its pod was placed and never reached the runner", () => {
    const error = `2 errors occurred:\n${POD}containers with incomplete status: [pre-flight-check]\n${DEADLINE}`;
    expect(explainSilence(error, JOB)).toBe(
      "the Job of database 'shop_orders' reached its deadline, and its pod never got as far as the runner. " +
        `Most likely the image cannot be pulled or started: registry.example/migrator@sha256:0${MORE}`,
    );
  });

  test("names what it asks for where no node took its pod", () => {
    expect(explainSilence(`1 error occurred:\n${DEADLINE}`, JOB)).toBe(
      "the Job of database 'shop_orders' reached its deadline, and no node took its pod. It asks for " +
        `memory 256Mi, cpu 1000: lower databases.shop_orders.resources, or make room${MORE}`,
    );
  });

  test.each([
    ["the runner said why", `${POD}[Error] 006_x.sql:1: division by zero\n${DEADLINE}`],
    [
      "a pod failed before the deadline",
      `${POD}containers with unready status: [migrate]\n\t* [BackoffLimitExceeded] Job has reached the specified backoff limit`,
    ],
  ])("is not one where %s", (_, error) => {
    expect(explainSilence(error, JOB)).toBeUndefined();
  });

  test("is left alone where Kubernetes refused it", () => {
    expect(explainSilence("jobs.batch is forbidden", JOB)).toBeUndefined();
  });
});
