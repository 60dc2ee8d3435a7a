import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "@tidegate/migrator/contract";

export interface ProvisionedDatabaseArgs {
  /** Names of the database, its roles and extensions; a changed name is another object. */
  readonly plan: DatabasePlan;
  /** The login that the provider uses. */
  readonly admin: string;
  /** The migrator's password or verifier; absent: that login is somebody else's and not made. */
  readonly migratorPassword?: pulumi.Output<string>;
  readonly provider: postgresql.Provider;
  /** Refuses the deletion of the database. */
  readonly protect: boolean;
  /** The volume or StatefulSet that takes everything here with it. */
  readonly holder?: pulumi.Resource;
}

/** Privileges that a group has on one kind of thing in a database. */
export interface Privileges {
  /** End of the logical name. */
  readonly name: string;
  readonly role: string;
  readonly objectType: string;
  readonly privileges: readonly string[];
}

/**
 * A database and its roles made by the deployer. Postgres answers `deadlock detected` or `tuple
 * concurrently updated` when grants of one database are made side by side, so each waits for the one
 * before it; different databases run side by side.
 */
export class ProvisionedDatabase extends pulumi.ComponentResource {
  readonly database: postgresql.Database;
  /** The last link of the chain: all of it is done when this is. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: ProvisionedDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ProvisionedDatabase", name, {}, opts);
    const { plan, provider } = args;
    let last: pulumi.Resource = provider;
    const next = (): pulumi.CustomResourceOptions => ({
      parent: this,
      provider,
      dependsOn: [last],
      ...(args.holder !== undefined && { deletedWith: args.holder }),
    });
    const group = (suffix: string, role: string): void => {
      last = new postgresql.Role(`${name}-${suffix}`, { name: role, login: false }, next());
    };

    group("owner", plan.owner);
    group("app", plan.app);
    group("readonly", plan.readonly);
    // Without this membership a REVOKE by an admin who is no superuser does nothing and says so in a
    // warning only: PUBLIC would keep CONNECT. On 16 and newer the creator has it WITH ADMIN already,
    // which would show as a replacement in every preview.
    last = new postgresql.GrantRole(
      `${name}-admin-owner`,
      { role: args.admin, grantRole: plan.owner },
      { ...next(), ignoreChanges: ["withAdminOption"] },
    );
    if (args.migratorPassword !== undefined) {
      last = new postgresql.Role(
        `${name}-migrator`,
        {
          name: plan.migrator,
          login: true,
          password: args.migratorPassword,
          roles: [plan.owner],
          // Whatever any tool creates belongs to the owner, or the app would see nothing of it.
          assumeRole: plan.owner,
        },
        next(),
      );
    }
    this.database = new postgresql.Database(
      `${name}-database`,
      {
        name: plan.name,
        owner: plan.owner,
        template: "template0",
        encoding: "UTF8",
        // C: a new glibc never changes its order, so no upgrade of the server's image corrupts an index.
        lcCollate: "C",
        lcCtype: "C",
      },
      { ...next(), protect: args.protect },
    );
    last = this.database;
    for (const extension of plan.extensions) {
      last = new postgresql.Extension(
        `${name}-extension-${extension}`,
        { name: extension, database: plan.name },
        next(),
      );
    }
    for (const grant of buildGrants(plan)) {
      last = new postgresql.Grant(
        `${name}-${grant.name}`,
        {
          database: plan.name,
          role: grant.role,
          objectType: grant.objectType,
          privileges: [...grant.privileges],
          ...(grant.objectType === "schema" && { schema: "public" }),
        },
        next(),
      );
    }
    for (const privilege of buildDefaultPrivileges(plan)) {
      last = new postgresql.DefaultPrivileges(
        `${name}-${privilege.name}`,
        {
          database: plan.name,
          owner: plan.owner,
          role: privilege.role,
          objectType: privilege.objectType,
          privileges: [...privilege.privileges],
        },
        next(),
      );
    }
    this.ready = [last];
    this.registerOutputs();
  }
}

/** Privileges on the database itself and its schema `public`; PUBLIC loses even CONNECT. */
export function buildGrants(plan: DatabasePlan): readonly Privileges[] {
  return [
    { name: "public-none", role: "public", objectType: "database", privileges: [] },
    { name: "app-connect", role: plan.app, objectType: "database", privileges: ["CONNECT"] },
    {
      name: "readonly-connect",
      role: plan.readonly,
      objectType: "database",
      privileges: ["CONNECT"],
    },
    { name: "app-usage", role: plan.app, objectType: "schema", privileges: ["USAGE"] },
    { name: "readonly-usage", role: plan.readonly, objectType: "schema", privileges: ["USAGE"] },
  ];
}

/** Privileges on what the owner will create, in any schema of the database. */
export function buildDefaultPrivileges(plan: DatabasePlan): readonly Privileges[] {
  const rows = ["SELECT", "INSERT", "UPDATE", "DELETE"];
  const counters = ["USAGE", "SELECT", "UPDATE"];
  return [
    { name: "app-tables", role: plan.app, objectType: "table", privileges: rows },
    { name: "app-sequences", role: plan.app, objectType: "sequence", privileges: counters },
    { name: "app-schemas", role: plan.app, objectType: "schema", privileges: ["USAGE"] },
    { name: "readonly-tables", role: plan.readonly, objectType: "table", privileges: ["SELECT"] },
    {
      name: "readonly-sequences",
      role: plan.readonly,
      objectType: "sequence",
      privileges: ["SELECT"],
    },
    { name: "readonly-schemas", role: plan.readonly, objectType: "schema", privileges: ["USAGE"] },
  ];
}
