import type { BundleProblem } from "./bundle-error.ts";
import type { Phase } from "./types.ts";

/**
 * The phase of a migration, by its name (`.contract`) or its directive; neither: expand.
 *
 * @param problems receives a disagreement of the two
 */
export function phaseOf(
  { file, contract }: { readonly file: string; readonly contract: boolean },
  stated: Phase | null,
  problems: BundleProblem[],
): Phase {
  if (!contract) return stated ?? "expand";
  if (stated === "expand") {
    const message =
      "its name says .contract, and tidegate:phase says expand. Rename it, or delete the line";
    problems.push({ file, message });
  }
  return "contract";
}
