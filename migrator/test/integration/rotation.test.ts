import { randomBytes } from "node:crypto";

import { describe, expect, inject, test } from "vitest";

import type { BootstrapPlan, LoginPlan } from "../../src/contract.ts";
import { bootstrap, type ConnectionSettings } from "../../src/index.ts";
import { createAdmin, planFor, provision, type Provisioned, scramVerifier } from "./provisioned.ts";
import { settingsOf, withClient } from "./test-database.ts";

/** What the server says of a login. */
async function tryLogin(settings: ConnectionSettings): Promise<string> {
  try {
    return await withClient(settings, async () => "let in");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One run for one login, as the Jobs before and after a rollout are. */
async function run(
  { admin, plan }: Provisioned,
  login: Omit<LoginPlan, "memberOf" | "passwordEnv">,
  password: string,
): Promise<string> {
  const one = { ...login, memberOf: [plan.database.app], passwordEnv: "ONE" };
  const bootstrapPlan: BootstrapPlan = { format: 1, logins: [one] };
  try {
    await bootstrap({ connection: admin, plan: bootstrapPlan, env: { ONE: password } });
    return "done";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe.each(inject("servers"))("a service's two logins on Postgres $major", (server) => {
  test("take turns, each time with a new password, and the old one is locked", async () => {
    const provisioned = await provision(server);
    const { name } = provisioned.plan.database;
    const [a, b] = [`${name}_svc_a`, `${name}_svc_b`];
    const passwords = [0, 1, 2, 3].map(() => randomBytes(8).toString("hex"));
    await run(provisioned, { role: a, canLogin: true }, passwords[0] ?? "");
    for (const generation of [1, 2, 3]) {
      const [next, before] = generation % 2 === 1 ? [b, a] : [a, b];
      const password = passwords[generation] ?? "";
      const old = settingsOf(server, name, before, passwords[generation - 1]);
      expect(await run(provisioned, { role: next, canLogin: true, generation }, password)).toBe(
        "done",
      );
      // The Job may run again, for another image of the runner.
      expect(await run(provisioned, { role: next, canLogin: true, generation }, password)).toBe(
        "done",
      );
      expect(await tryLogin(old)).toBe("let in");
      expect(await tryLogin(settingsOf(server, name, next, password))).toBe("let in");
      const retired = { role: before, canLogin: false, generation, graceSeconds: 1 };
      expect(await run(provisioned, retired, passwords[generation - 1] ?? "")).toBe("done");
      expect(await tryLogin(old)).toContain(`role "${before}" is not permitted to log in`);
      expect(await tryLogin(settingsOf(server, name, next, password))).toBe("let in");
    }
  });

  test("a login that is open gets no other password, and no way leads back", async () => {
    const provisioned = await provision(server);
    const { name } = provisioned.plan.database;
    const [a, b] = [`${name}_svc_a`, `${name}_svc_b`];
    const open = provisioned.login(a);
    expect(await run(provisioned, { role: a, canLogin: true, generation: 2 }, "new")).toBe(
      `${a} is to get a new password (generation 2), but is open still and may be in use`,
    );
    expect(await tryLogin(open)).toBe("let in");
    expect(await run(provisioned, { role: b, canLogin: true, generation: 1 }, "b1")).toBe("done");
    expect(await run(provisioned, { role: b, canLogin: false }, "b0")).toBe(
      `${b} has a password of generation 1 already, and 0 is asked for`,
    );
    expect(await tryLogin(settingsOf(server, name, b, "b1"))).toBe("let in");
  });

  test("a migrator whose login is somebody else's is left alone", async () => {
    const admin = await createAdmin(server);
    const { plan, env } = planFor(server, admin);
    const { migratorPasswordEnv: _absent, ...database } = plan.database;
    const result = await bootstrap({
      connection: admin,
      plan: { format: 1, database, logins: [] },
      env,
    });
    expect(result.database).toBe(database.name);
    const { rows } = await withClient(settingsOf(server, database.name), (client) =>
      client.query<{ rolname: string }>("select rolname from pg_roles where rolname like $1", [
        `${database.name}\\_%`,
      ]),
    );
    expect(rows.map(({ rolname }) => rolname).toSorted()).toEqual(
      ["app", "owner", "readonly"].map((role) => `${database.name}_${role}`),
    );
  });
});

describe.each(inject("servers"))("the admin's own password on Postgres $major", (server) => {
  const plan: BootstrapPlan = {
    format: 1,
    logins: [],
    admin: { passwordEnv: "SENT", previousEnv: "BEFORE" },
  };
  const renew = async (
    admin: ConnectionSettings,
    password: string,
    before: readonly string[],
  ): Promise<string> => {
    const env = { SENT: scramVerifier(password), BEFORE: JSON.stringify(before) };
    try {
      await bootstrap({ connection: { ...admin, password }, plan, env });
      return "done";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  test("is set with whichever earlier one the server has, once", async () => {
    const admin = await createAdmin(server);
    const first = admin.password ?? "";
    expect(await renew(admin, "second", ["never", first])).toBe("done");
    expect(await tryLogin({ ...admin, password: "second" })).toBe("let in");
    expect(await tryLogin(admin)).toContain("password authentication failed");
    expect(await renew(admin, "second", ["never", first])).toBe("done");
    expect(await renew(admin, "third", ["wrong"])).toBe(
      `the server takes neither the new password of ${admin.user} nor one of the earlier ones`,
    );
    expect(await tryLogin({ ...admin, password: "second" })).toBe("let in");
  });
});
