/** Writes the files of a build under `dir`, whole or not at all; `prune` deletes whatever else lies there. */
export declare function writeFiles(
  dir: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  options: { readonly prune: boolean },
): Promise<void>;
