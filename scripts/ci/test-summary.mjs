/**
 * Prints one line, "N passed, N failed, N skipped", from vitest's JSON report.
 *
 * Usage: node scripts/ci/test-summary.mjs REPORT STATUS
 *
 * What failed without a test of its own counts as one failure, or the line would say "0 failed" beside
 * a failed run: a file that could not be loaded, an error outside of tests, a check before the tests.
 */
import { readFileSync } from "node:fs";

const [report, status] = process.argv.slice(2);
if (report === undefined || !/^[0-9]+$/.test(status ?? "")) {
  process.stderr.write("usage: node scripts/ci/test-summary.mjs REPORT STATUS\n");
  process.exit(2);
}

const files = readFiles(report);
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === "passed").length;
const failedTests = tests.filter((test) => test.status === "failed").length;
const skipped = tests.length - passed - failedTests;
const brokenFiles = files.filter(
  (file) =>
    file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
).length;
const failed = failedTests + brokenFiles;

process.stdout.write(
  `${passed} passed, ${status !== "0" && failed === 0 ? 1 : failed} failed, ${skipped} skipped\n`,
);

/** The report's test files; none where the run ended before vitest wrote it. */
function readFiles(path) {
  const text = readFileSync(path, "utf8");
  return text.trim() === "" ? [] : JSON.parse(text).testResults;
}
