/**
 * Makes a pull request's comment of a preview's output.
 *
 * Usage: node scripts/deploy/preview-report.mjs STACK STATUS <output >report.md
 */
import { text } from "node:stream/consumers";

/** GitHub refuses a comment of more than 65,536 characters; the rest is for what stands around it. */
const LIMIT = 60_000;

const [stack, status] = process.argv.slice(2);
if (stack === undefined || !/^[0-9]+$/.test(status ?? "")) {
  process.stderr.write(
    "usage: node scripts/deploy/preview-report.mjs STACK STATUS <output >report.md\n",
  );
  process.exit(2);
}

const output = (await text(process.stdin))
  // With credentials that only read, the provider says so once for each object and goes on by itself.
  .replace(/^Retry #[0-9]+; creation failed: .*\n/gm, "")
  // The CLI's marks for colours, which it leaves in its sums without a terminal.
  .replace(/<\{%[^%]*%\}>/g, "")
  .trimEnd();
const [summary] = /^Resources:\n(?: {4}.*\n?)+/m.exec(output) ?? [];
// A migration's own text is in the diff and may hold fences: this one is longer than any of them.
const longest = Math.max(2, ...(output.match(/`+/g) ?? []).map((run) => run.length));
const fence = "`".repeat(longest + 1);

process.stdout.write(`### \`${stack}\`: ${status === "0" ? "preview" : "preview failed"}

${fence}
${status === "0" ? (summary ?? "no summary").trimEnd() : lastLines(output, 30)}
${fence}

<details><summary>The whole diff, with the SQL of new migrations</summary>

${fence}diff
${shortened(output)}
${fence}

</details>
`);

function lastLines(from, count) {
  return from.split("\n").slice(-count).join("\n").slice(-4000);
}

/** The beginning, cut at a line's end. */
function shortened(whole) {
  if (whole.length <= LIMIT) return whole;
  const cut = whole.lastIndexOf("\n", LIMIT);
  const kept = whole.slice(0, cut > 0 ? cut : LIMIT);
  return `${kept}\n… ${whole.length - kept.length} characters more: see the job's log`;
}
