import { describe, expect, test } from "vitest";

import { parsePlan } from "../../src/core/bootstrap/parse-plan.ts";
import { MigratorError } from "../../src/index.ts";

const DATABASE = {
  name: "shop",
  owner: "shop_owner",
  migrator: "shop_migrator",
  app: "shop_app",
  readonly: "shop_readonly",
  migratorPasswordEnv: "MIGRATOR",
  extensions: ["citext"],
};
const LOGIN = { role: "svc_a", canLogin: true, memberOf: ["shop_app"], passwordEnv: "SVC" };
const ENV = { MIGRATOR: "x", SVC: "y" };

function problemsOf(plan: unknown, env: Readonly<Record<string, string>> = ENV): string {
  try {
    parsePlan(typeof plan === "string" ? plan : JSON.stringify(plan), env);
  } catch (error) {
    if (error instanceof MigratorError && error.kind === "usage") return error.message;
    throw error;
  }
  return "it was accepted";
}

describe("a bootstrap plan", () => {
  test("that is complete is taken as it is", () => {
    const plan = { format: 1, database: DATABASE, logins: [LOGIN] };
    expect(parsePlan(JSON.stringify(plan), ENV)).toEqual(plan);
    expect(parsePlan('{"format":1,"logins":[]}', {})).toEqual({ format: 1, logins: [] });
  });

  test("reports every mistake with its path", () => {
    const plan = {
      format: 2,
      database: { ...DATABASE, name: "template1", owner: "pg_owner", app: "svc_a", extension: [] },
      logins: [
        { ...LOGIN, memberOf: "shop_app" },
        { role: "x".repeat(64), canLogin: "yes", memberOf: [""] },
      ],
      more: 1,
    };
    expect(problemsOf(plan, { MIGRATOR: "x" }).split("\n")).toEqual([
      "bootstrap plan:",
      "- plan: more is unknown; allowed are format, logins, database, admin",
      "- format: must be 1",
      "- database: extension is unknown; allowed are name, owner, migrator, app, readonly, extensions, migratorPasswordEnv",
      "- database.name: template1 is the server's own; choose another name",
      "- database.owner: pg_owner is reserved by Postgres; choose another name",
      "- logins[0].role: svc_a is database.app already; every role needs a name of its own",
      "- logins[0].memberOf: must be a list",
      "- logins[0].passwordEnv: the variable SVC, which holds the password, is not set",
      "- logins[1]: passwordEnv is missing",
      "- logins[1].canLogin: must be true or false",
      `- logins[1].role: ${"x".repeat(64)} has 64 bytes; allowed are 63`,
      "- logins[1].memberOf[0]: must be a name",
    ]);
  });

  test("that is not JSON, or no object, is refused", () => {
    expect(problemsOf("{")).toContain("bootstrap plan: it is not JSON:");
    expect(problemsOf([])).toBe("bootstrap plan: plan: must be an object");
  });
});
