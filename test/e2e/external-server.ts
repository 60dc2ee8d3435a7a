import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ClientConfig } from "pg";
import type { Certificate } from "../../migrator/test/integration/certificate.ts";
import { until } from "./observe.ts";
import type { Scenario } from "./scenario.ts";

const run = promisify(execFile);

/** Docker network of kind's nodes: pods reach no other. */
const KIND_NETWORK = "kind";

const PORT = 5432;

/** A Postgres that no stack made, with an admin as managed Postgres gives one. */
export interface ExternalServer {
  /** Address that both this machine and pods reach. */
  readonly host: string;
  readonly port: number;
  /** A role with CREATEROLE and CREATEDB, and no superuser. */
  readonly admin: { readonly user: string; readonly password: string };
  /** Calls `use` with a connection of the superuser. */
  readonly connect: <T>(database: string, use: (client: Client) => Promise<T>) => Promise<T>;
  /** The server's log, with every statement that it got. */
  readonly log: () => Promise<string>;
}

/**
 * Starts a server in a container, which is removed after the scenario.
 *
 * @param certificate makes it a server that lets nobody in over the network without TLS.
 */
export async function startExternalServer(
  { engine, afterwards }: Pick<Scenario, "engine" | "afterwards">,
  major: number,
  certificate?: Certificate,
): Promise<ExternalServer> {
  const name = `e2e-external-${randomBytes(3).toString("hex")}`;
  const superuser = randomBytes(12).toString("hex");
  const admin = { user: "deployer", password: randomBytes(12).toString("hex") };
  const image =
    certificate === undefined ? `postgres:${major}` : await buildTlsImage(name, major, certificate);
  const network = engine.context.startsWith("kind-") ? ["--network", KIND_NETWORK] : [];
  afterwards(async () => {
    await run("docker", ["rm", "--force", "--volumes", name]);
    if (certificate !== undefined) await run("docker", ["rmi", image]);
  });
  const options = ["--detach", "--name", name, "--env", "POSTGRES_PASSWORD", ...network];
  const settings = ["-c", "log_statement=all", ...(certificate === undefined ? [] : TLS_SETTINGS)];
  await run("docker", ["run", ...options, image, "postgres", ...settings], {
    env: { ...process.env, POSTGRES_PASSWORD: superuser },
  });
  await until("a server that answers", async () => {
    await run("docker", ["exec", name, "pg_isready", "--host=127.0.0.1"]);
    return true;
  });
  const { stdout } = await run("docker", [
    "inspect",
    "--format",
    "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}",
    name,
  ]);
  const [host = ""] = stdout.trim().split(" ");
  // Out of the log, in which passwords are searched for.
  const statements = [
    "set log_statement = 'none'",
    `create role ${admin.user} login createrole createdb password '${admin.password}'`,
  ];
  const commands = statements.flatMap((text) => ["--command", text]);
  await run("docker", ["exec", name, "psql", "--username=postgres", ...commands]);
  const login = {
    user: "postgres",
    password: superuser,
    host,
    port: PORT,
    // By address, which no certificate names.
    ...(certificate !== undefined && {
      ssl: { ca: certificate.cert, checkServerIdentity: () => undefined },
    }),
  };
  return {
    host,
    port: PORT,
    admin,
    connect: async (database, use) => await withConnection({ ...login, database }, use),
    log: async () => {
      const log = await run("docker", ["logs", name], { maxBuffer: 256 * 1024 * 1024 });
      return log.stdout + log.stderr;
    },
  };
}

async function withConnection<T>(
  config: ClientConfig,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(config);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const FOLDER = "/etc/postgres-tls";

const TLS_SETTINGS = [
  "-c",
  "ssl=on",
  "-c",
  `ssl_cert_file=${FOLDER}/server.crt`,
  "-c",
  `ssl_key_file=${FOLDER}/server.key`,
  "-c",
  `hba_file=${FOLDER}/pg_hba.conf`,
];

/** Without TLS nobody is let in who comes over the network. */
const TLS_ONLY = "local all all trust\nhostssl all all all scram-sha-256\n";

async function buildTlsImage(
  name: string,
  major: number,
  { cert, key }: Certificate,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    await writeFile(join(folder, "server.crt"), cert);
    await writeFile(join(folder, "server.key"), key);
    await writeFile(join(folder, "pg_hba.conf"), TLS_ONLY);
    await writeFile(
      join(folder, "Dockerfile"),
      // Postgres refuses a key that others may read.
      `FROM postgres:${major}\nCOPY --chown=postgres:postgres server.crt server.key pg_hba.conf ${FOLDER}/\nRUN chmod 600 ${FOLDER}/*\n`,
    );
    await run("docker", ["build", "--quiet", "--tag", `tidegate-e2e:${name}`, folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return `tidegate-e2e:${name}`;
}
