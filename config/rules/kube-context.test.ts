import { expect, test } from "vitest";
import { changed, problemsIn, VALID } from "../test-platform.ts";

test("a context that is not allowed is refused, with the command that changes it", () => {
  expect(problemsIn(VALID, { current: { name: "prod" } })).toEqual([
    'context: the current kube context is "prod" and this stack may touch "kind-kind" only: kubectl config use-context kind-kind, or add it here',
  ]);
});

test("of several any is allowed, and the refusal names all", () => {
  const raw = changed({ context: ["minikube", "kind-kind"] });
  expect(problemsIn(raw, { current: { name: "kind-kind" } })).toEqual([]);
  expect(problemsIn(raw, { current: { name: "kind" } })).toEqual([
    'context: the current kube context is "kind" and this stack may touch "minikube", "kind-kind" only: kubectl config use-context <one of them>, or add it here',
  ]);
});

test("no current context is refused", () => {
  expect(problemsIn(VALID, { current: { problem: "no kube context is current" } })).toEqual([
    "context: no kube context is current; kubectl config use-context kind-kind",
  ]);
});

test("a stack that allows no context is refused", () => {
  const { context: _, ...raw } = VALID;
  expect(problemsIn(raw, { current: { name: "kind-kind" } })).toEqual([
    "context: is missing: name the kube context that this stack may touch, or a list of them (kubectl config get-contexts)",
  ]);
});

test("an empty list is no list of contexts", () => {
  expect(problemsIn({ ...VALID, context: [] })).toEqual(["context: must not be empty"]);
});
