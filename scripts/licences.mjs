import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/**
 * The licences of all packages inside, as theirs demand.
 *
 * @param {readonly string[]} inputs files
 */
export async function licences(inputs) {
  const roots = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = await Promise.all(
    [...roots].toSorted().map(async (root) => {
      const { name, version, license } = JSON.parse(
        await readFile(join(PROJECT, root, "package.json"), "utf8"),
      );
      const file = (await readdir(join(PROJECT, root))).find((each) => /^licen[cs]e/i.test(each));
      const text =
        file === undefined
          ? "This package comes without a file of its licence."
          : await readFile(join(PROJECT, root, file), "utf8");
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
