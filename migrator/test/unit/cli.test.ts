import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { runCli } from "../../src/cli/run-cli.ts";
import { RUNNER_VERSION } from "../../src/core/version.ts";

async function run(
  argv: readonly string[],
  { terminal = true, env = {} }: { terminal?: boolean; env?: Record<string, string> } = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await runCli({
    argv,
    env,
    terminal,
    streams: { out: (text) => (out += text), err: (text) => (err += text) },
  });
  return { code, out, err };
}

describe("the command line", () => {
  test.each([
    "up",
    "down",
    "status",
    "history",
    "create",
    "wait",
    "bootstrap",
    "baseline",
    "repair",
    "withdraw",
  ])("%s --help shows an example", async (name) => {
    const { code, out } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Examples?:\n {2}\S/m);
    expect(out).toContain("--json");
  });

  test("--version is the version of the package", async () => {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({ version: RUNNER_VERSION });
    expect((await run(["--version"])).out).toBe(`${RUNNER_VERSION}\n`);
  });

  test.each([
    [["frob"], "unknown command 'frob'"],
    [["up", "--frob"], "unknown option '--frob'"],
    [["up", "more"], "too many arguments"],
    [["up", "--deadline", "soon"], "Expected a number of seconds above 0."],
    [["repair", "--rename", "only"], "Expected OLD=NEW."],
    [["wait", "--tries", "0"], "Expected a whole number above 0."],
    [["up", "--ahead", "ignore"], "Allowed choices are notice, refuse."],
  ])("%j is wrong use", async (argv, message) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test("a failure is plain text on a terminal, and a JSON line elsewhere", async () => {
    const human = await run(["history"]);
    expect(human).toMatchObject({ code: 2, out: "" });
    expect(human.err).toMatch(/^error: no connection is given; set one of\n- DATABASE_URL\n/);
    const json = await run(["history"], { terminal: false });
    expect(JSON.parse(json.out)).toMatchObject({ event: "error", kind: "usage" });
    expect((await run(["history", "--json"])).out).toMatch(/^\{"time":/);
  });

  test("a plan that is not given, or a file that is not there, is named", async () => {
    expect(
      (await run(["bootstrap"], { env: { DATABASE_URL: "postgres://a@localhost/b" } })).err,
    ).toContain("no plan is given; use --plan FILE or BOOTSTRAP_PLAN");
    expect((await run(["bootstrap", "--plan", "/no/such"])).err).toContain(
      "bootstrap plan: ENOENT",
    );
  });
});
