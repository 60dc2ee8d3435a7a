import { beforeAll, describe, expect, test, vi } from "vitest";
import { serviceLogins } from "../config/names.ts";
import type { PlatformSpec } from "../config/spec.ts";
import {
  DEPLOYMENT,
  JOB,
  LOGIN,
  oneService,
  planOf,
  record,
  SERVICE,
  waits,
  withChange,
} from "./one-service.ts";

const ROLE = "postgresql:index/role:Role";

// Each test runs a whole program, some several.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dev: PlatformSpec;
let prod: PlatformSpec;

beforeAll(async () => {
  dev = await oneService("dev");
  prod = await oneService("prod");
});

function atGeneration(spec: PlatformSpec, passwordGeneration: number): PlatformSpec {
  return withChange(spec, {
    service: () => ({ logins: serviceLogins(SERVICE, passwordGeneration), passwordGeneration }),
  });
}

describe("a renewed password of a service", () => {
  test.each([
    [1, "b", "a"],
    [2, "a", "b"],
    [3, "b", "a"],
  ])(
    "by the provider, in generation %i: login %s, Secret, Deployment, then the other is locked",
    async (generation, used, locked) => {
      const { find } = await record(atGeneration(dev, generation));
      const active = find(ROLE, `${LOGIN}-access-${used}`);
      const other = find(ROLE, `${LOGIN}-access-${locked}`);
      const secret = find("kubernetes:core/v1:Secret", `${LOGIN}-secret`);
      const deployment = find(DEPLOYMENT, `tidegate-${SERVICE}-deployment`);
      expect(active.inputs["login"]).toBe(true);
      expect(other.inputs["login"]).toBe(false);
      expect(waits(secret, active)).toBe(true);
      expect(waits(deployment, secret)).toBe(true);
      expect(waits(other, deployment)).toBe(true);
      expect(waits(active, deployment)).toBe(false);
      for (const { name, hooks } of [active, other]) {
        expect(hooks.beforeUpdate).toEqual([`${name}-rotation`]);
      }
      const template = JSON.stringify(deployment.inputs);
      expect(template).toContain(`"tidegate.dev/login":"${SERVICE}_${used}"`);
      expect(template).toContain(`"tidegate.dev/password-generation":"${generation}"`);
    },
  );

  test("by Jobs: one opens a login before the rollout, another locks the other after it", async () => {
    const { find } = await record(atGeneration(prod, 1));
    const open = find(JOB, `${LOGIN}-bootstrap`);
    const lock = find(JOB, `${LOGIN}-retire`);
    const deployment = find(DEPLOYMENT, `tidegate-${SERVICE}-deployment`);
    expect(waits(deployment, open)).toBe(true);
    expect(waits(lock, deployment)).toBe(true);
    expect(planOf(open).logins).toMatchObject([
      { role: `${SERVICE}_b`, canLogin: true, generation: 1 },
    ]);
    expect(planOf(lock).logins).toMatchObject([
      { role: `${SERVICE}_a`, canLogin: false, generation: 1, graceSeconds: 35 },
    ]);
  });

  test("that was never renewed needs one Job and no annotation", async () => {
    const { find, resources } = await record(prod);
    expect(planOf(find(JOB, `${LOGIN}-bootstrap`)).logins.length).toBe(2);
    expect(resources.filter(({ name }) => name.includes("-retire"))).toEqual([]);
    const all = JSON.stringify(resources.map(({ inputs }) => inputs));
    expect(all).not.toContain("password-generation");
    expect(all).not.toContain("keepers");
  });

  test("only the password of the login that comes into use is another one", async () => {
    const { find } = await record(atGeneration(dev, 2));
    const keepers = ["a", "b"].map(
      (suffix) =>
        find("random:index/randomPassword:RandomPassword", `${LOGIN}-password-${suffix}-value`)
          .inputs["keepers"],
    );
    expect(keepers).toEqual([{ generation: "2" }, { generation: "1" }]);
  });
});

describe("the admin's renewed password", () => {
  test("is set by a Job before anybody logs in with it, and the container keeps its first one", async () => {
    const { find, resources } = await record(withChange(dev, { admin: { passwordGeneration: 2 } }));
    const job = find(JOB, "tidegate-postgres-admin-renewed-renew");
    const provider = resources.find(({ type }) => type === "pulumi:providers:postgresql");
    expect(provider?.dependencies).toContain(job.urn);
    expect(planOf(job).admin).toEqual({
      passwordEnv: "ADMIN_PASSWORD_SENT",
      previousEnv: "ADMIN_PASSWORDS_BEFORE",
    });
    const made = resources.filter(({ name }) => /-admin-renewed-\d-value$/.test(name));
    expect(made.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-postgres-admin-renewed-1-value",
      "tidegate-postgres-admin-renewed-2-value",
    ]);
  });
});
