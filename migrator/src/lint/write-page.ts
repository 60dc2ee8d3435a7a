/**
 * Writes the list of rules into docs/lint.md; what stands before its mark is written by hand and stays.
 *
 * Usage: npx tsx migrator/src/lint/write-page.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { MARK, rulePage } from "./rule-page.ts";

const PAGE = new URL("../../../docs/lint.md", import.meta.url);

const page = readFileSync(PAGE, "utf8");
const end = page.indexOf(MARK);
if (end === -1) throw new Error(`docs/lint.md has no line ${MARK}`);
writeFileSync(PAGE, `${page.slice(0, end)}${MARK}\n${rulePage()}`);
