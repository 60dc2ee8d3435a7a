import { expect, test } from "vitest";
import { RULES, type RuleText } from "../../../src/lint/rule-list.ts";
import { lint } from "./lint.ts";

const NO_TRANSACTION = "-- tidegate:no-transaction\n";
const PHASE = "-- tidegate:phase contract\n";

/** Rules whose example is no .sql file that the folder's reading lets through. */
const IN_CODE = ["not-in-transaction"];

const rows = Object.entries(RULES satisfies Record<string, RuleText>).map(
  ([rule, text]): [string, RuleText] => [rule, text],
);

test.each(rows.filter(([rule]) => !IN_CODE.includes(rule)))(
  "%s finds its example, with the lock that it names",
  async (rule, { example, phase, noTransaction, lock, severity }) => {
    const head = (noTransaction === true ? NO_TRANSACTION : "") + (phase ? PHASE : "");
    const { findings } = await lint({ "002_x.sql": `${head}${example}\n` });
    const found = findings.find((finding) => finding.rule === rule);
    expect(found?.severity).toBe(severity);
    expect(found?.lock?.mode).toBe(lock);
    expect(found?.line).toBeGreaterThan(0);
  },
);

test.each(rows.filter(([rule]) => rule !== "missing-down"))(
  "%s does not find its safe way",
  async (rule, { safe }) => {
    const files = safe.split(/^-- (?:in the next migration|in the one after it|then)\b.*$/m);
    const { findings } = await lint(
      Object.fromEntries([
        ["001_a.sql", "select 1;"],
        ...files.map((text, i): [string, string] => [`00${i + 2}_b.sql`, `${text}\nselect 1;\n`]),
      ]),
    );
    expect(findings.filter((finding) => finding.rule === rule)).toEqual([]);
  },
);
