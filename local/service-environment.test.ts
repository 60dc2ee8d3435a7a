import { expect, test } from "vitest";
import { serviceEnvironment } from "./service-environment.ts";
import { testService, uses } from "./test-spec.ts";

const LOGINS = { active: "api_a", locked: "api_b" };

test("a service gets its port, its variables and its connection, and nothing else of the shell", () => {
  const { env, notices } = serviceEnvironment({
    service: testService("api", {
      port: 3100,
      env: { LOG_LEVEL: "debug" },
      databases: [uses("shop")],
      logins: LOGINS,
    }),
    postgresPort: 25_000,
    password: "p:w/d",
    outer: { PATH: "/bin", LC_ALL: "C", PGHOST: "elsewhere", DATABASE_URL: "x", LOG_LEVEL: "info" },
  });
  expect(env).toEqual({
    PATH: "/bin",
    LC_ALL: "C",
    PORT: "3100",
    LOG_LEVEL: "debug",
    DATABASE_URL: "postgresql://api_a:p%3Aw%2Fd@127.0.0.1:25000/shop?sslmode=disable",
  });
  expect(notices).toEqual([]);
});

test("every part of a connection is said, but a certificate's file that there is not", () => {
  const parts = ["host", "port", "database", "username", "password", "sslmode", "ssl"] as const;
  const names = Object.fromEntries(parts.map((part) => [`MY_${part.toUpperCase()}`, part]));
  const { env } = serviceEnvironment({
    service: testService("api", {
      databases: [{ database: "shop", role: "app", env: { ...names, MY_CA: "sslrootcert" } }],
      logins: LOGINS,
    }),
    postgresPort: 25_000,
    password: "secret",
    outer: {},
  });
  expect(env).toEqual({
    PORT: "3000",
    MY_HOST: "127.0.0.1",
    MY_PORT: "25000",
    MY_DATABASE: "shop",
    MY_USERNAME: "api_a",
    MY_PASSWORD: "secret",
    MY_SSLMODE: "disable",
    MY_SSL: "false",
  });
});

test("a service that migrates as it starts does not, as its database is migrated already", () => {
  const environment = (migrates?: "initContainer" | "startup") =>
    serviceEnvironment({
      service: testService("api", {
        databases: [{ ...uses("shop"), ...(migrates !== undefined && { migrates }) }],
      }),
      postgresPort: 25_000,
      password: undefined,
      outer: {},
    }).env;
  expect(environment("startup")).toMatchObject({ RUN_MIGRATIONS: "false" });
  expect(environment("initContainer")).not.toHaveProperty("RUN_MIGRATIONS");
  expect(environment()).not.toHaveProperty("RUN_MIGRATIONS");
});

test("a secret comes from the shell, and one that is not there is told by its name", () => {
  const { env, notices } = serviceEnvironment({
    service: testService("api", {
      secretEnv: { TOKEN: "apiToken", KEY: "apiKey" },
      envFrom: [{ secret: "shared" }, { configMap: "flags" }],
    }),
    postgresPort: 25_000,
    password: undefined,
    outer: { TOKEN: "t" },
  });
  expect(env).toEqual({ PORT: "3000", TOKEN: "t" });
  expect(notices).toEqual([
    "runs without its secret KEY, which only the stack knows: export it before npm run dev to give a value for this machine",
    "runs without the Secret shared of its envFrom, which only the cluster has",
    "runs without the ConfigMap flags of its envFrom, which only the cluster has",
  ]);
});
