import { describe, expect, inject, test } from "vitest";

import { bootstrap } from "../../src/index.ts";
import { readCatalog } from "./catalog.ts";
import { createAdmin, planFor, provision } from "./provisioned.ts";
import { settingsOf, withClient } from "./test-database.ts";

describe.each(inject("servers"))("bootstrap on Postgres $major", (server) => {
  test("an admin with CREATEROLE and CREATEDB only brings about exactly this catalog", async () => {
    const { plan, admin } = await provision(server);
    const { name, owner, migrator, app, readonly } = plan.database;
    const logins = plan.logins.map(({ role }) => role);
    const roles = [owner, migrator, app, readonly, ...logins];
    const catalog = await withClient(settingsOf(server, name), (client) =>
      readCatalog(client, { roles }, admin.user),
    );
    const plain = {
      inherit: true,
      superuser: false,
      createRole: false,
      createDatabase: false,
      replication: false,
      bypassRls: false,
      connectionLimit: -1,
      validUntil: "infinity",
    };
    const login = new Set([migrator, `${name}_svc_a`, `${name}_report`]);
    expect(catalog).toEqual({
      roles: roles.toSorted().map((role) => ({ name: role, login: login.has(role), ...plain })),
      memberships: [
        ...(server.major >= 16
          ? [`ADMIN in ${owner} inherit set`, ...roles.map((role) => `ADMIN in ${role} admin`)]
          : [`ADMIN in ${owner}`]),
        ...[
          `${migrator} in ${owner}`,
          `${name}_svc_a in ${app}`,
          `${name}_svc_b in ${app}`,
          `${name}_report in ${readonly}`,
        ].map((text) => (server.major >= 16 ? `${text} inherit set` : text)),
      ].toSorted(),
      database: {
        owner,
        encoding: "UTF8",
        collate: "C",
        ctype: "C",
        connectionLimit: -1,
        allowConnections: true,
        template: false,
        acl: [`${app}=c/${owner}`, `${owner}=CTc/${owner}`, `${readonly}=c/${owner}`].toSorted(),
      },
      schemas: {
        public: [
          "=U/pg_database_owner",
          `${app}=U/pg_database_owner`,
          "pg_database_owner=UC/pg_database_owner",
          `${readonly}=U/pg_database_owner`,
        ].toSorted(),
      },
      defaults: {
        [`${owner} / * / S`]: [
          `${app}=rwU/${owner}`,
          `${owner}=rwU/${owner}`,
          `${readonly}=r/${owner}`,
        ].toSorted(),
        [`${owner} / * / n`]: [
          `${app}=U/${owner}`,
          `${owner}=UC/${owner}`,
          `${readonly}=U/${owner}`,
        ].toSorted(),
        [`${owner} / * / r`]: [
          `${app}=arwd/${owner}`,
          `${owner}=arwdDxt${server.major >= 17 ? "m" : ""}/${owner}`,
          `${readonly}=r/${owner}`,
        ].toSorted(),
      },
      settings: { [`* / ${migrator}`]: [`role=${owner}`] },
      extensions: ["plpgsql of postgres in pg_catalog"],
    });
  });

  test("twenty at once on a server without the roles all succeed", async () => {
    const admin = await createAdmin(server);
    const { plan, env } = planFor(server, admin);
    const results = await Promise.all(
      Array.from({ length: 20 }, () => bootstrap({ connection: admin, plan, env })),
    );
    expect(new Set(results.map(({ database }) => database))).toEqual(new Set([plan.database.name]));
  });
});
