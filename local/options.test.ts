import { expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { UserError } from "./user-error.ts";

test("without flags it is the stack dev of the project, with its data beside it", () => {
  expect(readOptions([], "/project/")).toEqual({
    once: false,
    stack: "dev",
    project: "/project",
    data: "/project/.tidegate",
    help: false,
  });
});

test("every flag is read", () => {
  const flags = "--once --stack prod --project /other --data /data --port 6000 --only a,b,a --help";
  expect(readOptions(flags.split(" "), "/project")).toEqual({
    once: true,
    stack: "prod",
    project: "/other",
    data: "/data",
    port: 6000,
    only: ["a", "b"],
    help: true,
  });
});

test.each([
  [["--nope"], "Unknown option '--nope'"],
  [["now"], "Unexpected argument 'now'"],
  [["--stack"], "Option '--stack <value>' argument missing"],
  [["--stack", "--once"], "Option '--stack' argument is ambiguous"],
  [["--once=yes"], "Option '--once' does not take an argument"],
  [["--port", "0"], '--port "0": a port from 1 to 65535 is needed'],
  [["--port", "70000"], '--port "70000": a port from 1 to 65535 is needed'],
  [["--port", "5e3"], '--port "5e3": a port from 1 to 65535 is needed'],
  [["--stack", "../x"], '--stack "../x": a name of letters, digits, "_", "-" and "." is needed'],
  [["--stack", ".."], '--stack "..": a name of letters, digits, "_", "-" and "." is needed'],
  [["--only", "a,,b"], '--only "a,,b": names separated by commas are needed'],
])("%j is refused in one line", (flags, message) => {
  const wrong = (): unknown => readOptions(flags, "/project");
  expect(wrong).toThrow(new UserError(`${message}; see npm run dev -- --help`, { usage: true }));
});
