import { bundleFolder } from "../../../src/bundle/index.ts";
import { lintFolders, type LintResult } from "../../../src/lint/index.ts";
import { withFolder } from "../bundle/folder.ts";

/** The findings of a folder that holds these files. */
export async function lint(
  files: Readonly<Record<string, string>>,
  after?: string,
): Promise<LintResult> {
  return await withFolder(files, async (dir) => {
    const folder = { dir, bundle: await bundleFolder(dir), ...(after !== undefined && { after }) };
    const [result] = await lintFolders([folder]);
    if (result === undefined) throw new Error("no result for the folder");
    // Whatever a test is about: no finding leaves its reader without the way out.
    for (const { rule, safe } of result.findings) {
      if (!/\S/.test(safe)) throw new Error(`${rule} has no safe way`);
    }
    return result;
  });
}

/** `file:line rule`, of a folder in which every migration has a way down. */
export async function rulesIn(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { findings } = await lint(files);
  return findings
    .filter(({ rule }) => rule !== "missing-down")
    .map(({ file, line, rule }) => `${file}${line === null ? "" : `:${line}`} ${rule}`);
}

/** The rules that find something in one SQL migration. */
export async function rulesOf(sql: string, name = "002_x.sql"): Promise<string[]> {
  return (await rulesIn({ [name]: sql })).map((found) => found.replace(/^\S+ /, ""));
}
