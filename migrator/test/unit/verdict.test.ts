import { describe, expect, test } from "vitest";

import { secretsIn } from "../../src/cli/secrets.ts";
import { TERMINATION_MESSAGE_BYTES } from "../../src/contract.ts";
import { cutToBytes, verdictOf, withoutSecrets } from "../../src/core/verdict.ts";
import { MigratorError } from "../../src/index.ts";

describe("a verdict", () => {
  test("begins with file, line and code, and ends with what to do next", () => {
    const error = new MigratorError("locked", "no lock within 5 s", {
      file: "002_b.sql",
      line: 3,
      sqlstate: "55P03",
      blocker: "pid 7 app",
      state: "rolled back",
      next: "run again",
    });
    expect(verdictOf(error)).toBe(
      "002_b.sql:3: no lock within 5 s (SQLSTATE 55P03)\nblocked by: pid 7 app\nstate: rolled back\nnext: run again",
    );
  });

  test("is cut to what Kubernetes keeps, between characters", () => {
    expect(cutToBytes("short", TERMINATION_MESSAGE_BYTES)).toBe("short");
    for (const shift of ["", "a", "ab", "abc"]) {
      const cut = cutToBytes(shift + "🚀".repeat(2000), TERMINATION_MESSAGE_BYTES);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(TERMINATION_MESSAGE_BYTES);
      expect(cut).toMatch(/^[abc]*🚀+\n\(cut\)$/u);
    }
  });

  test("holds no password of the environment, plain or as in a URL", () => {
    const secrets = secretsIn({
      PGPASSWORD: "long/enough/1",
      AUTH_DATABASE_URL: "postgres://me:in%2Fthe-url-2@db/x",
      PATH: "/usr/local/bin",
      DB_PASSWORD: "postgres",
    });
    expect(
      withoutSecrets(
        "long/enough/1 long%2Fenough%2F1 in%2Fthe-url-2 in/the-url-2 /usr/local/bin postgres",
        secrets,
      ),
    ).toBe("*** *** *** *** /usr/local/bin postgres");
  });
});
