import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "./project.ts";

// Each test starts programs, several seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-summary-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("test-summary.mjs", () => {
  const summarize = async (status: string, content: string) => {
    const file = join(folder, "report.json");
    await writeFile(file, content);
    const { stdout } = await run("scripts/ci/test-summary.mjs", [file, status]);
    return stdout;
  };
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((each) => ({ status: each })),
  });

  test("sums over all files", async () => {
    const testResults = [
      file("passed", "passed", "pending"),
      file("failed", "passed", "failed", "skipped"),
    ];
    expect(await summarize("1", JSON.stringify({ testResults }))).toBe(
      "2 passed, 1 failed, 2 skipped\n",
    );
  });

  test("counts a file that could not be loaded as a failure", async () => {
    const testResults = [file("passed", "passed"), file("failed")];
    expect(await summarize("1", JSON.stringify({ testResults }))).toBe(
      "1 passed, 1 failed, 0 skipped\n",
    );
  });

  test("counts a run that failed before its tests, or beside them, as a failure", async () => {
    const testResults = [file("passed", "passed")];
    expect(await summarize("1", "")).toBe("0 passed, 1 failed, 0 skipped\n");
    expect(await summarize("1", JSON.stringify({ testResults }))).toBe(
      "1 passed, 1 failed, 0 skipped\n",
    );
  });
});
