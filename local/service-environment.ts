import { ENV } from "@tidegate/migrator/contract";
import { connectionParts, connectionVariables } from "./connection-parts.ts";
import { HOST } from "./postgres-server.ts";
import type { LocalPlatform } from "./select-services.ts";

type Service = LocalPlatform["services"][number];
type Env = Readonly<Record<string, string | undefined>>;

export interface ServiceEnvironmentArgs {
  readonly service: Service;
  readonly postgresPort: number;
  /** Password of the service's login; absent for a service without a database. */
  readonly password: string | undefined;
  /** The developer's own environment. */
  readonly outer: Env;
}

export interface ServiceEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** What a pod would have and this process has not. */
  readonly notices: readonly string[];
}

/**
 * Variables of the developer's shell that a program needs to run at all. Nothing else is handed on: a
 * `PGHOST` of the shell would join the service's connection, and what is missing in the spec would work
 * here and fail in a pod.
 */
const HANDED_ON = /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|TMPDIR|LANG|LC_[A-Z]+)$/;

/** The environment of a service, as in its pod: what is said later wins. */
export function serviceEnvironment(args: ServiceEnvironmentArgs): ServiceEnvironment {
  const { service, outer } = args;
  const secrets = Object.keys(service.secretEnv);
  const missing = secrets.filter((name) => outer[name] === undefined);
  return {
    env: {
      ...pick(outer, (name) => HANDED_ON.test(name)),
      PORT: String(service.port),
      ...service.env,
      ...pick(outer, (name) => secrets.includes(name)),
      ...connections(args),
      // The databases are migrated before it starts, by the runner and not by itself.
      ...(service.databases.some(({ migrates }) => migrates === "startup") && {
        [ENV.runMigrations]: "false",
      }),
    },
    notices: [
      ...(missing.length === 0
        ? []
        : [
            `runs without its secret ${missing.join(", ")}, which only the stack knows: export ${missing.length === 1 ? "it" : "them"} before npm run dev to give a value for this machine`,
          ]),
      ...service.envFrom.map((source) =>
        "secret" in source
          ? `runs without the Secret ${source.secret} of its envFrom, which only the cluster has`
          : `runs without the ConfigMap ${source.configMap} of its envFrom, which only the cluster has`,
      ),
    ],
  };
}

function connections({ service, postgresPort, password }: ServiceEnvironmentArgs) {
  const username = service.logins?.active;
  if (username === undefined || password === undefined) return {};
  return Object.fromEntries(
    service.databases.flatMap(({ database, env }) => {
      const server = { host: HOST, port: postgresPort };
      const parts = connectionParts({ ...server, database, username, password });
      return Object.entries(connectionVariables(env, parts));
    }),
  );
}

function pick(env: Env, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && wanted(name) ? [[name, value]] : [],
    ),
  );
}
