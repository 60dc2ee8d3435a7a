import { expect, test } from "vitest";
import { bootstrapPlanOf, databasePlan, loginGeneration, loginPlans } from "./access-plan.ts";
import { databaseRoles, kubeName, serviceLogins } from "./names.ts";

const auth = { name: "auth", roles: databaseRoles("auth"), extensions: ["pgcrypto"] };
const bff = {
  logins: serviceLogins("bff-web"),
  databases: [
    { database: "auth", role: "readonly" as const, env: {} },
    { database: "battles", role: "app" as const, env: {} },
  ],
};

test("a database's plan names its four roles", () => {
  expect(databasePlan(auth)).toEqual({
    name: "auth",
    owner: "auth_owner",
    migrator: "auth_migrator",
    app: "auth_app",
    readonly: "auth_readonly",
    migratorPasswordEnv: "MIGRATOR_PASSWORD",
    extensions: ["pgcrypto"],
  });
});

test("a service's two logins are members of exactly its groups, and one is locked", () => {
  const memberOf = ["auth_readonly", "battles_app"];
  expect(loginPlans(bff)).toEqual([
    {
      role: "bff_web_a",
      canLogin: true,
      memberOf,
      passwordEnv: "LOGIN_PASSWORD_BFF_WEB_A",
    },
    {
      role: "bff_web_b",
      canLogin: false,
      memberOf,
      passwordEnv: "LOGIN_PASSWORD_BFF_WEB_B",
    },
  ]);
});

test("each generation of a password changes the login in use, and only that one's password", () => {
  const used = [0, 1, 2, 3].map((generation) => serviceLogins("bff", generation).active);
  expect(used).toEqual(["bff_a", "bff_b", "bff_a", "bff_b"]);
  const passwords = [0, 1, 2, 3].map((generation) => [
    loginGeneration("a", generation),
    loginGeneration("b", generation),
  ]);
  expect(passwords).toEqual([
    [0, 0],
    [0, 1],
    [2, 1],
    [2, 3],
  ]);
  const plans = loginPlans({ ...bff, logins: serviceLogins("bff", 1), passwordGeneration: 1 });
  expect(plans.map(({ role, canLogin, generation }) => [role, canLogin, generation])).toEqual([
    ["bff_b", true, 1],
    ["bff_a", false, 1],
  ]);
});

test("a service without a database has no login", () => {
  expect(loginPlans({ databases: [] })).toEqual([]);
});

test("a bootstrap takes a database, logins, or both", () => {
  expect(bootstrapPlanOf({ database: auth })).toEqual({
    format: 1,
    database: databasePlan(auth),
    logins: [],
  });
  expect(bootstrapPlanOf({ services: [bff, { databases: [] }] })).toEqual({
    format: 1,
    logins: loginPlans(bff),
  });
});

test("a database's name for Kubernetes is short, and stays its own when it is cut", () => {
  expect(kubeName("battlescope_notification", "tidegate")).toBe("battlescope-notification");
  expect(kubeName("a".repeat(31), "tidegate")).toBe("a".repeat(31));
  const one = kubeName(`${"a".repeat(20)}_${"b".repeat(20)}`, "tidegate");
  const other = kubeName(`${"a".repeat(20)}_${"c".repeat(20)}`, "tidegate");
  expect(one).toMatch(/^a{20}-b-[0-9a-f]{8}$/);
  expect(other).toMatch(/^a{20}-c-[0-9a-f]{8}$/);
  expect(one).not.toBe(other);
});
