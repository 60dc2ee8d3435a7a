import { serviceDatabases } from "../service-databases.ts";
import type { Path, Problem } from "../problem.ts";
import { ADMIN_PASSWORD_KEY } from "../schema/platform.ts";
import type { ConnectionKey } from "../spec.ts";
import { type Checked, problem } from "./rule.ts";
import type { SecretKeys } from "./secrets.ts";

/** Parts that only a Secret can give: the others follow from the server. */
const SECRET_PARTS: readonly ConnectionKey[] = ["url", "username", "password"];

/** Passwords are renewed where they are made, and a Secret that exists holds what is read of it. */
export function checkCredentials({ config }: Checked): readonly Problem[] {
  const tls = {
    ca: config.server?.tls.ca !== undefined,
    serverName: config.server?.tls.serverName !== undefined,
  };
  return [
    ...checkAdmin(config),
    ...Object.entries(config.databases).flatMap(([name, { migrator }]) =>
      renewedByOthers(["databases", name, "migrator"], migrator),
    ),
    ...Object.entries(config.services).flatMap(([name, service]) => {
      const path = ["services", name];
      const databases = serviceDatabases(service, tls);
      return [
        ...(service.passwordGeneration > 0 && databases.length === 0
          ? [
              problem(
                [...path, "passwordGeneration"],
                "has no meaning without a database: take it out",
              ),
            ]
          : []),
        ...databases.flatMap(({ database, env, existingSecret }) =>
          existingSecret === undefined
            ? []
            : missingParts([...path, "databases", database], env, existingSecret),
        ),
      ];
    }),
  ];
}

/** What `adminPassword` of the stack has to do with it. */
export function checkAdminPassword({ config }: Checked, keys: SecretKeys): readonly Problem[] {
  const admin = config.server?.admin;
  if (admin === undefined || !keys.encrypted.has(ADMIN_PASSWORD_KEY)) return [];
  if (admin.existingSecret !== undefined) {
    return [
      problem(
        [ADMIN_PASSWORD_KEY],
        "is set, and server.admin.existingSecret names a Secret that holds it: keep one (pulumi config rm adminPassword)",
      ),
    ];
  }
  if (admin.passwordGeneration > 0) {
    return [
      problem(
        ["server", "admin", "passwordGeneration"],
        "renews a password that Tidegate made, and adminPassword is set: change it on the server, then with pulumi config set --secret adminPassword",
      ),
    ];
  }
  return [];
}

function checkAdmin(config: Checked["config"]): Problem[] {
  const { server } = config;
  if (server?.kind === undefined) return [];
  const { admin, kind } = server;
  const path = ["server", "admin"];
  const problems = [...renewedByOthers(path, admin)];
  if (admin.passwordGeneration > 0 && kind === "external") {
    problems.push(
      problem(
        [...path, "passwordGeneration"],
        "has no meaning for an external server: change the password there, then pulumi config set --secret adminPassword",
      ),
    );
  }
  if (admin.existingSecret === undefined) return problems;
  if (kind !== "external") {
    problems.push(
      problem(
        [...path, "existingSecret"],
        `has no meaning for a server of kind ${kind}, whose password Tidegate makes: take it out, or kind: external`,
      ),
    );
  } else if (config.provisioning === "provider") {
    problems.push(
      problem(
        [...path, "existingSecret"],
        "cannot be read by provisioning: provider, which logs in from outside of the cluster: provisioning: job, or set adminPassword instead",
      ),
    );
  }
  return problems;
}

function renewedByOthers(
  path: Path,
  login: { readonly passwordGeneration: number; readonly existingSecret?: object | undefined },
): Problem[] {
  return login.passwordGeneration > 0 && login.existingSecret !== undefined
    ? [
        problem(
          [...path, "passwordGeneration"],
          "renews a password that Tidegate made, and existingSecret names one that somebody else keeps: keep one of the two",
        ),
      ]
    : [];
}

function missingParts(
  path: Path,
  env: Readonly<Record<string, ConnectionKey>>,
  secret: {
    readonly name: string;
    readonly keys: Readonly<Partial<Record<ConnectionKey, string>>>;
  },
): Problem[] {
  return Object.entries(env).flatMap(([variable, part]) =>
    SECRET_PARTS.includes(part) && secret.keys[part] === undefined
      ? [
          problem(
            [...path, "existingSecret", "keys"],
            `name no ${part}, and the program reads ${variable}: add ${part}: <key of the Secret "${secret.name}">, or choose another connection than ${part === "url" ? "url" : "this"}`,
          ),
        ]
      : [],
  );
}
