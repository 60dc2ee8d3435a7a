import { expect, test } from "vitest";
import { buildScramVerifier } from "./scram-verifier.ts";

test("the verifier of RFC 7677's example has the keys that its exchange proves", () => {
  expect(buildScramVerifier("pencil", "W22ZaJ0SNY7soEsUEjb6gQ==")).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==" +
      "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test("one password and one salt give one verifier, so that a preview shows no change", () => {
  expect(buildScramVerifier("a", "c2FsdA==")).toBe(buildScramVerifier("a", "c2FsdA=="));
});

test("a password that SASLprep would alter is refused with the setting that sends it as it is", () => {
  expect(() => buildScramVerifier("pässword", "c2FsdA==")).toThrow(
    "a password for a SCRAM verifier must be printable ASCII; set `passwords: plain` to send it as it is",
  );
});
