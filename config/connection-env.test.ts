import { expect, test } from "vitest";
import { connectionEnv } from "./connection-env.ts";

const ONE = { database: "auth", several: false, ca: false };
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
  expect(connectionEnv({ ...ONE, connection: "pg", ca: true })).toEqual({
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

test("db has five names", () => {
  expect(connectionEnv({ ...ONE, connection: "db" })).toEqual({
    DB_HOST: "host",
    DB_PORT: "port",
    DB_NAME: "database",
    DB_USER: "username",
    DB_PASSWORD: "password",
  });
});

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
