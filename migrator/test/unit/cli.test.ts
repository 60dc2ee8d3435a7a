import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { paint, wantsColour } from "../../src/cli/colours.ts";
import { COMMAND_NAMES } from "../../src/cli/program.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { RUNNER_VERSION } from "../../src/core/version.ts";

async function run(
  argv: readonly string[],
  {
    terminal = true,
    colour = false,
    env = {},
  }: { terminal?: boolean; colour?: boolean; env?: Record<string, string> } = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await runCli({
    argv,
    env,
    terminal,
    colour,
    streams: { out: (text) => (out += text), err: (text) => (err += text) },
  });
  return { code, out, err };
}

describe("the command line", () => {
  test.each(COMMAND_NAMES)("%s --help shows an example", async (name) => {
    const { code, out } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Examples?:\n {2}\S/m);
    expect(out).toContain("--json");
  });

  test("every command of the design is there", () => {
    const names =
      "up down status history plan check create wait bootstrap baseline adopt repair withdraw verify";
    expect(COMMAND_NAMES.toSorted()).toEqual(names.split(" ").toSorted());
  });

  test.each<[env: Record<string, string>, terminal: boolean, colours: boolean]>([
    [{}, true, true],
    [{ NO_COLOR: "" }, true, true],
    [{ NO_COLOR: "1" }, true, false],
    [{ TERM: "dumb" }, true, false],
    [{}, false, false],
  ])("colours with %j and terminal %s: %s", (env, terminal, colours) => {
    expect(wantsColour(env, terminal)).toBe(colours);
  });

  test.each([
    ["- table a", "\u001B[31m- table a\u001B[39m"],
    ["  + table a: column b", "\u001B[32m  + table a: column b\u001B[39m"],
    ["error: a\nerror b", "\u001B[31merror\u001B[39m: a\nerror b"],
    ["applied 001_a (1 ms)", "\u001B[32mapplied\u001B[39m 001_a (1 ms)"],
    ["-- 001_a.sql (expand)\nbegin;", "-- 001_a.sql (expand)\nbegin;"],
    ["errors", "errors"],
  ])("%j is painted as %j", (text, painted) => {
    expect(paint(text)).toBe(painted);
  });

  test("a failure is red where colours are seen, and nowhere else", async () => {
    expect((await run(["history"], { colour: true })).err).toContain("\u001B[31merror\u001B[39m: ");
    expect((await run(["history"])).err).not.toContain("\u001B");
    expect((await run(["history", "--json"], { colour: true })).out).not.toContain("u001b");
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
    [
      ["up", "--strict", "--ahead", "notice"],
      "option '--strict' cannot be used with option '--ahead <policy>'",
    ],
  ])("%j is wrong use", async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    expect(err).toMatch(/^error: (?!error)/);
  });

  test.each([
    [["up", "--dedline", "5"], "unknown option '--dedline'\n(Did you mean --deadline?)", "up "],
    [["upp"], "unknown command 'upp'\n(Did you mean up?)", ""],
    [["create"], "missing required argument 'name'", "create "],
    [[], "no command is given", ""],
  ])("wrong use is said as every failure, in %j", async (argv, message, command) => {
    const dir = await mkdtemp(join(tmpdir(), "tidegate-cli-"));
    try {
      const file = join(dir, "message");
      const next = `migrator ${command}--help says what is allowed`;
      const human = await run(argv, { env: { TERMINATION_MESSAGE_PATH: file } });
      expect(human).toEqual({ code: 2, out: "", err: `error: ${message}\nnext: ${next}\n` });
      expect(readFileSync(file, "utf8")).toBe(`${message}\nnext: ${next}`);
      for (const json of [
        await run(argv, { terminal: false }),
        ...(argv.length === 0 ? [] : [await run([...argv, "--json"])]),
      ]) {
        expect(json).toMatchObject({ code: 2, err: "" });
        expect(json.out.trim().split("\n")).toHaveLength(1);
        expect(JSON.parse(json.out)).toMatchObject({
          event: "error",
          kind: "usage",
          message,
          next,
        });
      }
    } finally {
      await rm(dir, { recursive: true });
    }
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
