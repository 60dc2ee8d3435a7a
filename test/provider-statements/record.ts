/**
 * Records what the real PostgreSQL provider sends when it makes a database, its roles and a service's
 * logins: one file per major version, which `access.test.ts` replays. Run it when a provider or a
 * component changes:
 *
 *     PULUMI_ROOT=/path/to/pulumi npm run record:provider
 *
 * Needs the Pulumi CLI and its plugins (`PULUMI_ROOT`, or the npm package's own).
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { ProvisionedDatabase } from "../../components/provisioned-database.ts";
import { ProvisionedLogins } from "../../components/provisioned-logins.ts";
import { pulumiRoot } from "../../operate/pulumi-root.ts";
import startServers, { type TestServer } from "../integration/servers.ts";
import { ADMIN, PLAN, readStatements, statementsFile } from "./statements.ts";

const ADMIN_PASSWORD = "recording";

/** What the program of a real stack makes for one database and one service. */
function program(server: TestServer): void {
  const root = new pulumi.ComponentResource("recording", "recording");
  const provider = new postgresql.Provider(
    "admin",
    {
      host: server.host,
      port: server.port,
      username: ADMIN,
      password: ADMIN_PASSWORD,
      superuser: false,
      sslmode: "disable",
    },
    { parent: root },
  );
  const database = new ProvisionedDatabase(
    "database",
    {
      plan: PLAN.database,
      admin: ADMIN,
      // Stands for a verifier: the replay puts one in its place.
      migratorPassword: pulumi.secret(`{{${PLAN.database.migratorPasswordEnv}}}`),
      provider,
      protect: false,
    },
    { parent: root },
  );
  new ProvisionedLogins(
    "logins",
    {
      service: "recorded",
      logins: PLAN.logins.map((plan, index) => ({
        suffix: String(index),
        plan,
        password: pulumi.secret(`{{${plan.passwordEnv}}}`),
      })),
      provider,
      groups: database.ready,
    },
    { parent: root },
  );
}

async function record(server: TestServer, state: string): Promise<number> {
  const client = new Client(server.url);
  await client.connect();
  await client.query(
    `create role "${ADMIN}" login createrole createdb password '${ADMIN_PASSWORD}'`,
  );
  // Session, database and user in front, so that statements can be told apart and put in order.
  await client.query("alter system set log_line_prefix = '%c|%d|%u| '");
  await client.query("alter system set log_statement = 'all'");
  await client.query("select pg_reload_conf()");
  await client.end();
  const cli = pulumiRoot(process.env);
  const stack = await automation.LocalWorkspace.createOrSelectStack(
    {
      stackName: `recording-${server.major}`,
      projectName: "recording",
      program: async () => program(server),
    },
    {
      pulumiCommand: await automation.PulumiCommand.get(cli.options),
      envVars: {
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "recording",
        ...cli.env,
      },
    },
  );
  await stack.up();
  const statements = readStatements(await readFile(server.logFile, "utf8"));
  await writeFile(statementsFile(server.major), `${JSON.stringify(statements, null, 2)}\n`);
  return statements.length;
}

let servers: readonly TestServer[] = [];
const project = {
  provide: (_key: string, value: readonly TestServer[]) => {
    servers = value;
  },
};
const stop = await startServers(project as unknown as TestProject);
const state = await mkdtemp(join(tmpdir(), "tidegate-recording-"));
try {
  for (const server of servers) {
    const count = await record(server, state);
    process.stdout.write(`PostgreSQL ${server.major}: ${count} statements\n`);
  }
} finally {
  await stop();
  await rm(state, { recursive: true, force: true });
}
