/** Every entry behind those that its `after` names; config/ has refused cycles and unknown names. */
export function inOrder<T extends { readonly name: string; readonly after: readonly string[] }>(
  entries: readonly T[],
): readonly T[] {
  const done = new Map<string, T>();
  const visit = (entry: T): void => {
    if (done.has(entry.name)) return;
    for (const name of entry.after) {
      const other = entries.find((candidate) => candidate.name === name);
      if (other !== undefined) visit(other);
    }
    done.set(entry.name, entry);
  };
  entries.forEach(visit);
  return [...done.values()];
}
