import type { Problem } from "../problem.ts";
import { type Checked, problem, quoted } from "./rule.ts";

/** The kubeconfig's current context, or why there is none. */
export type CurrentContext = { readonly name: string } | { readonly problem: string };

/** The stack touches no cluster but its own. */
export function checkContext({ config }: Checked, current: CurrentContext): readonly Problem[] {
  const allowed = config.context;
  if (allowed === undefined) return [];
  const remedy = `kubectl config use-context ${allowed.length === 1 ? allowed[0] : "<one of them>"}`;
  if ("problem" in current) return [problem(["context"], `${current.problem}; ${remedy}`)];
  if (allowed.includes(current.name)) return [];
  return [
    problem(
      ["context"],
      `the current kube context is "${current.name}" and this stack may touch ${quoted(allowed)} only: ${remedy}, or add it here`,
    ),
  ];
}
