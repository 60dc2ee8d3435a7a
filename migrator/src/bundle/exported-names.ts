/**
 * The names `up` and `down` that a compiled module exports, found without running it: code that runs
 * when it is merely read could reach a network, or a secret, from every preview.
 *
 * @param text CommonJS as the compiler prints it
 */
export function exportedNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  // Of an ES module the compiler annotates all exports at the end of its output.
  const annotation = /^0 && \(module\.exports = \{\n([^}]*)\}\);$/m.exec(text)?.[1];
  if (annotation !== undefined) {
    for (const name of annotation.split(/[\s,]+/)) names.add(name);
    return names;
  }
  // CommonJS stays as it was written, printed in the compiler's own style. An object with functions
  // written out in it is not looked into: its keys could not be told from calls in their bodies.
  for (const match of text.matchAll(/^(?:module\.)?exports\.(\w+) = /gm)) names.add(match[1] ?? "");
  for (const match of text.matchAll(/^module\.exports = \{([\w\s,:]*)\};$/gm)) {
    for (const pair of (match[1] ?? "").split(",")) names.add((pair.split(":")[0] ?? "").trim());
  }
  return names;
}
