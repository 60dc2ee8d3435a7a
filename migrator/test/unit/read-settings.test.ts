import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { readSettings } from "../../src/core/connection/read-settings.ts";
import { MigratorError } from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-ca-"));
const CA = join(folder, "ca.pem");
const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
writeFileSync(CA, PEM);
afterAll(() => rmSync(folder, { recursive: true }));

function problem(env: Readonly<Record<string, string>>, prefix?: string): string {
  try {
    readSettings(env, prefix);
  } catch (error) {
    if (error instanceof MigratorError && error.kind === "usage") return error.message;
    throw error;
  }
  return "it was accepted";
}

describe("the connection", () => {
  test("is read from DATABASE_URL", () => {
    expect(
      readSettings({
        DATABASE_URL: "postgres://me:p%40ss%2Fword@db.example:6543/shop?sslmode=verify-full",
      }),
    ).toEqual({
      settings: {
        host: "db.example",
        port: 6543,
        database: "shop",
        user: "me",
        password: "p@ss/word",
        tls: { mode: "verify-full" },
      },
      notices: [],
    });
  });

  test.each([
    ["PG*", { PGHOST: "127.0.0.1", PGPORT: "5433", PGDATABASE: "d", PGUSER: "u", PGPASSWORD: "p" }],
    [
      "POSTGRES_*",
      {
        POSTGRES_HOST: "127.0.0.1",
        POSTGRES_PORT: "5433",
        POSTGRES_DB: "d",
        POSTGRES_USER: "u",
        POSTGRES_PASSWORD: "p",
      },
    ],
    [
      "DB_*",
      { DB_HOST: "127.0.0.1", DB_PORT: "5433", DB_NAME: "d", DB_USER: "u", DB_PASSWORD: "p" },
    ],
  ])("is read from %s", (_name, env) => {
    expect(readSettings(env).settings).toEqual({
      host: "127.0.0.1",
      port: 5433,
      database: "d",
      user: "u",
      password: "p",
      tls: { mode: "disable" },
    });
  });

  test("has localhost and 5432 by default, and an empty variable counts as absent", () => {
    expect(
      readSettings({ PGDATABASE: "d", PGUSER: "u", PGHOST: "", PGPASSWORD: "" }).settings,
    ).toEqual({
      host: "localhost",
      port: 5432,
      database: "d",
      user: "u",
      tls: { mode: "disable" },
    });
  });

  test("is read behind a prefix, and nothing without it counts", () => {
    const env = {
      AUTH_DATABASE_URL: "postgres://a@localhost/auth",
      DATABASE_URL: "postgres://x@localhost/x",
    };
    expect(readSettings(env, "AUTH_").settings).toMatchObject({ user: "a", database: "auth" });
    expect(problem(env, "BILLING_")).toContain(
      "no connection is given; set one of\n- BILLING_DATABASE_URL",
    );
  });

  test("takes the password from PGPASSWORD where the URL has none", () => {
    const env = { DATABASE_URL: "postgres://me@localhost/d", PGPASSWORD: "secret" };
    expect(readSettings(env).settings.password).toBe("secret");
  });

  test("is a folder for a Unix socket", () => {
    expect(
      readSettings({ DATABASE_URL: "postgres://me@/d?host=/run/postgresql" }).settings,
    ).toMatchObject({
      host: "/run/postgresql",
      tls: { mode: "disable" },
    });
  });

  test("never guesses the database or the user", () => {
    expect(problem({ PGHOST: "localhost", DB_USER: "u" })).toBe(
      "connection:\n- PG* is incomplete: PGDATABASE and PGUSER are missing\n- DB_* is incomplete: DB_NAME is missing",
    );
    expect(problem({ DATABASE_URL: "postgres://me:very-secret@localhost" })).toBe(
      "connection: DATABASE_URL is incomplete: the database of DATABASE_URL is missing",
    );
  });

  test("is an error where two complete sets disagree, named without their values", () => {
    const env = {
      DATABASE_URL: "postgres://me:one-secret@localhost/d",
      PGDATABASE: "d",
      PGUSER: "me",
      PGPASSWORD: "other-secret",
      PGPORT: "5433",
    };
    expect(problem(env)).toBe(
      "connection: DATABASE_URL and PG* disagree on port, password; unset one of the two sets",
    );
  });

  test("is the first of two complete sets that agree", () => {
    const env = {
      DATABASE_URL: "postgres://me@localhost/d",
      PGDATABASE: "d",
      PGUSER: "me",
      PGPORT: "5432",
    };
    expect(readSettings(env).settings.database).toBe("d");
  });

  test.each([
    ["mysql://a@b/c", "is not a Postgres URL"],
    ["postgres://me:p#w@h/d", "cannot be read"],
    ["postgres://me:secret@h/d#x", "holds a #"],
    ["postgres://me@a,b/d", "names several hosts"],
    ["postgres://me@h/d?sslcert=x", "client certificates are not supported"],
    ["postgres://me@h/d?options=-c%20x", "settings at start are refused by poolers"],
  ])("as %s is refused", (url, message) => {
    const text = problem({ DATABASE_URL: url });
    expect(text).toContain(message);
    expect(text).not.toContain("secret");
  });

  test("reports every problem at once", () => {
    expect(
      problem({
        PGDATABASE: "d",
        PGUSER: "u",
        PGHOST: "db.example",
        PGPORT: "0",
        PGSSLROOTCERT: "/no/such",
        PGSSLMODE: "prefer",
      }),
    ).toBe(
      "connection:\n- PGPORT is not a port; allowed are 1 to 65535\n- PGSSLMODE=prefer falls back to plain text without a word; use verify-full, verify-ca or disable",
    );
  });
});

describe("TLS", () => {
  const at = (
    host: string,
    more: Readonly<Record<string, string>> = {},
  ): Record<string, string> => ({
    POSTGRES_HOST: host,
    POSTGRES_DB: "d",
    POSTGRES_USER: "u",
    ...more,
  });

  test.each(["localhost", "127.0.0.1", "127.1.2.3", "::1", "/run/postgresql"])(
    "is off for %s where nothing is said",
    (host) => {
      expect(readSettings(at(host)).settings.tls).toEqual({ mode: "disable" });
    },
  );

  test("has to be stated for any other host", () => {
    expect(problem(at("db"))).toBe(
      "connection: nothing says whether the server at db is reached with TLS; set PGSSLMODE (or sslmode= in the URL) to verify-full, verify-ca or disable",
    );
    expect(problem({ X_DB_HOST: "db", X_DB_NAME: "d", X_DB_USER: "u" }, "X_")).toContain(
      "set X_PGSSLMODE",
    );
    // A name that only begins like the loopback's.
    expect(problem(at("127.0.0.1.example.com"))).toContain("nothing says");
  });

  test("of POSTGRES_SSL=true is verify-full, with authority and name", () => {
    const env = at("db", {
      POSTGRES_SSL: "true",
      PGSSLROOTCERT: CA,
      PGTLSSERVERNAME: "db.internal",
    });
    expect(readSettings(env)).toMatchObject({
      settings: { tls: { mode: "verify-full", ca: PEM, serverName: "db.internal" } },
      notices: [],
    });
  });

  test("of sslmode=require is verify-full, and says so", () => {
    const env = { DATABASE_URL: `postgres://u@db/d?sslmode=require&sslrootcert=${CA}` };
    expect(readSettings(env)).toMatchObject({
      settings: { tls: { mode: "verify-full", ca: PEM } },
      notices: ["sslmode=require is read as verify-full: the certificate is checked"],
    });
  });

  test("that two variables state differently is an error", () => {
    expect(problem(at("db", { POSTGRES_SSL: "true", PGSSLMODE: "disable" }))).toBe(
      "connection: POSTGRES_SSL and PGSSLMODE disagree; unset one of the two",
    );
    expect(
      readSettings(at("db", { POSTGRES_SSL: "true", PGSSLMODE: "verify-full" })).settings.tls.mode,
    ).toBe("verify-full");
  });

  test("with a file that is missing or holds no certificate is an error", () => {
    const env = at("db", { PGSSLMODE: "verify-ca" });
    expect(problem({ ...env, PGSSLROOTCERT: join(folder, "none") })).toContain(
      "PGSSLROOTCERT: ENOENT",
    );
    writeFileSync(join(folder, "empty"), "");
    expect(problem({ ...env, PGSSLROOTCERT: join(folder, "empty") })).toContain(
      "holds no PEM certificate",
    );
  });
});
