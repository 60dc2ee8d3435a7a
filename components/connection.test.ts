import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import {
  buildCaMount,
  buildConnectionData,
  buildConnectionUrl,
  buildRunnerEnv,
} from "./connection.ts";

const parts = {
  host: "db.example",
  port: 5432,
  database: "user",
  username: "bff_a",
  password: "p@ss/w:rd?",
  sslmode: "verify-full",
  rootCert: "/ca.crt",
};

test("every part of a URL is encoded, so that no password ends it early", () => {
  const url = new URL(buildConnectionUrl(parts));
  expect(decodeURIComponent(url.password)).toBe("p@ss/w:rd?");
  expect(url.host).toBe("db.example:5432");
  expect(url.pathname).toBe("/user");
  expect(url.searchParams.get("sslmode")).toBe("verify-full");
  expect(url.searchParams.get("sslrootcert")).toBe("/ca.crt");
});

test("a URL without an authority names no file, and says its TLS mode all the same", () => {
  expect(buildConnectionUrl({ ...parts, password: "x", sslmode: "disable", rootCert: "" })).toBe(
    "postgresql://bff_a:x@db.example:5432/user?sslmode=disable",
  );
});

test("the URL and the password stay secret in a Secret's data", async () => {
  await pulumi.runtime.setMocks({
    call: (a) => a.inputs,
    newResource: (a) => ({ id: a.name, state: {} }),
  });
  const data = buildConnectionData(
    { host: "h", port: 1, tls: { mode: "disable" } },
    { database: "d", username: "u", password: pulumi.secret("s") },
  );
  expect(await pulumi.isSecret(pulumi.output(data.url))).toBe(true);
  expect(await pulumi.isSecret(pulumi.output(data.password))).toBe(true);
  expect(data.ssl).toBe("false");
});

test("the runner's variables are bound to keys and carry no value of a secret", () => {
  const env = buildRunnerEnv(
    "bff-login",
    { mode: "verify-full", ca: "PEM", serverName: "pg" },
    "AUTH_",
    "auth.",
  );
  expect(env.find((entry) => entry.name === "AUTH_PGPASSWORD")).toEqual({
    name: "AUTH_PGPASSWORD",
    valueFrom: { secretKeyRef: { name: "bff-login", key: "auth.password" } },
  });
  expect(env.filter((entry) => "value" in entry)).toEqual([
    { name: "AUTH_PGSSLROOTCERT", value: "/etc/tidegate/ca/ca.crt" },
    { name: "AUTH_PGTLSSERVERNAME", value: "pg" },
  ]);
});

test("without an authority nothing is mounted", () => {
  expect(buildCaMount(undefined)).toEqual({ volumes: [], mounts: [] });
});
