import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConnections } from "../../examples/battlescope/service/connections.ts";
import { readSettings } from "../../examples/battlescope/service/settings.ts";

const PLAIN = {
  host: "127.0.0.1",
  port: 5432,
  database: "d",
  user: "u",
  password: "p",
  tls: false,
};

describe("the connections of the sample service", () => {
  let folder: string;
  let caFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "battlescope-environment-"));
    caFile = join(folder, "ca.crt");
    await writeFile(caFile, "the authority");
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("are found behind every prefix, and only there", () => {
    const { connections, mistakes } = readConnections({
      A_DATABASE_URL: "postgresql://u:p@127.0.0.1/d1",
      B_PGHOST: "127.0.0.1",
      B_PGDATABASE: "d2",
      B_PGUSER: "u",
      B_PGPASSWORD: "p",
      MYDB_HOST: "elsewhere",
      OLD_DATABASE_URLS: "postgresql://u:p@elsewhere/d3",
    });
    expect(mistakes).toEqual([]);
    expect(connections).toEqual([
      { ...PLAIN, database: "d1" },
      { ...PLAIN, database: "d2" },
    ]);
  });

  it("decode what a URL encodes", () => {
    const { connections } = readConnections({
      DATABASE_URL: "postgres://us%40er:p%3A%2F%25@[::1]:6543/my%20db",
    });
    expect(connections).toEqual([
      { host: "::1", port: 6543, database: "my db", user: "us@er", password: "p:/%", tls: false },
    ]);
  });

  it.each([
    [
      "a URL",
      () => ({
        DATABASE_URL: `postgresql://u:p@127.0.0.1/d?sslmode=verify-full&sslrootcert=${caFile}`,
      }),
    ],
    ["PG*", () => ({ ...set("PG", "DATABASE"), PGSSLMODE: "verify-full", PGSSLROOTCERT: caFile })],
    [
      "POSTGRES_*",
      () => ({ ...set("POSTGRES_", "DB"), POSTGRES_SSL: "true", PGSSLROOTCERT: caFile }),
    ],
    ["DB_*", () => ({ ...set("DB_", "NAME"), PGSSLMODE: "verify-full", PGSSLROOTCERT: caFile })],
  ])("verify the server by %s", (_, env) => {
    const { connections, mistakes } = readConnections(env());
    expect(mistakes).toEqual([]);
    expect(connections).toEqual([
      { ...PLAIN, tls: { rejectUnauthorized: true, ca: "the authority" } },
    ]);
  });

  it("check the chain only with verify-ca, and another name where one is given", () => {
    const checkOf = (env: Record<string, string>): unknown => {
      const tls = readConnections(env).connections[0]?.tls;
      if (tls === undefined || tls === false) throw new Error("not encrypted");
      return tls.checkServerIdentity?.("127.0.0.1", { subjectaltname: "DNS:pg.internal" } as never);
    };
    const url = "postgresql://u:p@127.0.0.1/d?sslmode=";
    expect(checkOf({ DATABASE_URL: `${url}verify-ca` })).toBeUndefined();
    const named = { DATABASE_URL: `${url}verify-full` };
    expect(checkOf({ ...named, PGTLSSERVERNAME: "pg.internal" })).toBeUndefined();
    expect(checkOf({ ...named, PGTLSSERVERNAME: "pg.other" })).toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it.each([
    [{ DATABASE_URL: "postgresql://u:p@remote/d" }, "DATABASE_URL (sslmode)"],
    [{ ...set("PG", "DATABASE"), PGHOST: "remote" }, "PGSSLMODE"],
    [{ ...set("POSTGRES_", "DB"), POSTGRES_HOST: "remote" }, "PGSSLMODE"],
  ])("are refused where nothing says how another machine is verified", (env, variable) => {
    expect(readConnections(env)).toEqual({
      connections: [],
      mistakes: [
        `${variable}: nothing says how the server is verified, and it is another machine: set it to verify-full, verify-ca or disable`,
      ],
    });
    const stated = readConnections({ ...env, PGSSLMODE: "disable" });
    expect(stated.mistakes).toHaveLength("DATABASE_URL" in env ? 1 : 0);
  });

  it("are refused where two lead to one database on different ways", () => {
    const { connections, mistakes } = readConnections({
      DATABASE_URL: "postgresql://u:p@127.0.0.1/d",
      ...set("PG", "DATABASE"),
      DB_HOST: "localhost",
      DB_NAME: "d",
      DB_USER: "u",
    });
    expect(connections).toHaveLength(1);
    expect(mistakes).toEqual([
      "DB_HOST: a second connection to the database d that differs from the first in its host, port or user; give one of them only",
    ]);
  });

  it("report every mistake at once and repeat no value", () => {
    const mistake = messageOf(() =>
      readSettings({
        SERVICE_NAME: "Not A Name",
        PORT: "70000",
        DATABASE_URL: "postgresql://u:hush%zz@127.0.0.1/d",
        B_DATABASE_URL: "hush",
        C_DATABASE_URL: "https://u:hush@127.0.0.1/d",
        D_DATABASE_URL: "postgresql://u:hush@127.0.0.1",
        E_PGHOST: "127.0.0.1",
        F_DB_HOST: "127.0.0.1",
        F_DB_NAME: "d",
        F_DB_USER: "u",
        F_DB_SSLMODE: "require",
        F_DB_PASSWORD: "hush",
      }),
    );
    const form = "postgresql://user:password@host:port/database is the form";
    expect(mistake.split("; ")).toEqual([
      "SERVICE_NAME: a name such as `bff` is needed, of a-z, 0-9 and `-`",
      "PORT: a port from 0 to 65535 is needed",
      "B_DATABASE_URL: not a URL",
      form,
      "C_DATABASE_URL: not a URL of Postgres",
      form,
      "DATABASE_URL: a % that is not followed by two hex digits",
      "write it as %25",
      "D_DATABASE_URL: host, database or user is missing",
      form,
      "E_PGHOST is set, E_PGDATABASE and E_PGUSER not: set them too",
      "F_DB_SSLMODE: allowed are verify-full, verify-ca and disable",
      "any other mode encrypts without knowing who answers",
    ]);
  });
});

function set(start: string, database: string): Record<string, string> {
  return {
    [`${start}HOST`]: "127.0.0.1",
    [`${start}${database}`]: "d",
    [`${start}USER`]: "u",
    [`${start}PASSWORD`]: "p",
  };
}

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("nothing was refused");
}
