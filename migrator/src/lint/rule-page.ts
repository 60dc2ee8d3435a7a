import { BLOCKS } from "./locks.ts";
import { NOT_ALLOWABLE, RULES, type RuleName, type RuleText } from "./rule-list.ts";
import { squawkPage } from "./squawk-rules.ts";

/** Ends what is written by hand; from there on the page is made of the rules. */
export const MARK = "<!-- From here on: written by migrator/src/lint/write-page.ts -->\n";

/** The part of docs/lint.md that lists the rules. */
export function rulePage(): string {
  const rules = Object.entries(RULES satisfies Record<RuleName, RuleText>).map(
    ([name, text]): [string, RuleText] => [name, text],
  );
  return [
    "## Rules",
    "",
    "| rule | finds | is |",
    "| --- | --- | --- |",
    ...rules.map(
      ([name, { title, severity }]) => `| [\`${name}\`](#${name}) | ${title} | ${severity} |`,
    ),
    "",
    ...squawkPage(),
    ...rules.flatMap(([name, text]) => [...section(name, text), ""]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function section(name: string, rule: RuleText): string[] {
  const {
    severity,
    title,
    why,
    lock,
    table = "orders",
    example,
    phase,
    noTransaction,
    safe,
  } = rule;
  const allowed = NOT_ALLOWABLE.some((each) => each === name) ? " It cannot be silenced." : "";
  const head = [
    ...(phase === undefined ? [] : ["-- tidegate:phase contract"]),
    ...(noTransaction === undefined ? [] : ["-- tidegate:no-transaction"]),
  ];
  return [
    `### ${name}`,
    "",
    `${severity === "error" ? "Error" : "Warning"}: ${title}. ${why}${allowed}`,
    ...(lock === undefined
      ? []
      : ["", `Lock: \`${lock}\` on \`${table}\`, which blocks ${BLOCKS[lock]}.`]),
    "",
    "```sql",
    ...head,
    example,
    "```",
    "",
    "The safe way:",
    "",
    "```sql",
    safe,
    "```",
  ];
}
