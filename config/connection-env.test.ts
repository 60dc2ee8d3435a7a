import { expect, test } from "vitest";
import { connectionEnv } from "./connection-env.ts";

const TLS = { ca: false, serverName: false };
const ONE = { database: "auth", several: false, tls: TLS };
const SEVERAL = { ...ONE, several: true };

test("url is one variable", () => {
  expect(connectionEnv({ ...ONE, connection: "url" })).toEqual({ DATABASE_URL: "url" });
});

test("pg is what libpq reads, with the authority's file where there is one", () => {
  const names = {
    PGHOST: "host",
    PGPORT: "port",
    PGDATABASE: "database",
    PGUSER: "username",
    PGPASSWORD: "password",
    PGSSLMODE: "sslmode",
  };
  expect(connectionEnv({ ...ONE, connection: "pg" })).toEqual(names);
  expect(connectionEnv({ ...ONE, connection: "pg", tls: { ...TLS, ca: true } })).toEqual({
    ...names,
    PGSSLROOTCERT: "sslrootcert",
  });
});

test("postgres says whether to encrypt", () => {
  expect(connectionEnv({ ...ONE, connection: "postgres" })).toEqual({
    POSTGRES_HOST: "host",
    POSTGRES_PORT: "port",
    POSTGRES_DB: "database",
    POSTGRES_USER: "username",
    POSTGRES_PASSWORD: "password",
    POSTGRES_SSL: "ssl",
  });
});

test("db has five names, and libpq's for what they can't say", () => {
  expect(connectionEnv({ ...ONE, connection: "db" })).toEqual({
    DB_HOST: "host",
    DB_PORT: "port",
    DB_NAME: "database",
    DB_USER: "username",
    DB_PASSWORD: "password",
    PGSSLMODE: "sslmode",
  });
});

test.each(["postgres", "db"] as const)(
  "%s is told the authority's file under libpq's name",
  (connection) => {
    expect(connectionEnv({ ...ONE, connection, tls: { ...TLS, ca: true } })).toMatchObject({
      PGSSLROOTCERT: "sslrootcert",
    });
  },
);

test.each(["url", "pg", "postgres", "db"] as const)(
  "%s is told the certificate's name where it is not the host's",
  (connection) => {
    const tls = { ...TLS, serverName: true };
    expect(connectionEnv({ ...ONE, connection, tls })).toMatchObject({
      PGTLSSERVERNAME: "servername",
    });
    expect(connectionEnv({ ...ONE, connection })).not.toHaveProperty("PGTLSSERVERNAME");
  },
);

test("with several databases the name of each stands before its variables", () => {
  expect(connectionEnv({ ...SEVERAL, connection: "url" })).toEqual({ AUTH_DATABASE_URL: "url" });
});

test("a prefix of the service's own wins, also the empty one", () => {
  expect(connectionEnv({ ...SEVERAL, connection: "url", prefix: "MAIN_" })).toEqual({
    MAIN_DATABASE_URL: "url",
  });
  expect(connectionEnv({ ...SEVERAL, connection: "url", prefix: "" })).toEqual({
    DATABASE_URL: "url",
  });
});

test("the names of a map are whole", () => {
  expect(
    connectionEnv({ ...SEVERAL, connection: { MY_HOST: "host", MY_CA: "sslrootcert" } }),
  ).toEqual({ MY_HOST: "host", MY_CA: "sslrootcert" });
});
