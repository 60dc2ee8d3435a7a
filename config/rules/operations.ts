import type { Problem } from "../problem.ts";
import { type Checked, problem } from "./rule.ts";

/** What concerns the whole platform: the proxy, the migrations' namespace. */
export function checkOperations(checked: Checked): readonly Problem[] {
  return [...checkProxy(checked), ...checkNamespace(checked)];
}

function checkProxy({ config }: Checked): Problem[] {
  const { server } = config;
  const proxy = server?.cloudSqlProxy;
  if (server === undefined || proxy === undefined) return [];
  const at = ["server", "cloudSqlProxy"];
  const { mode } = server.tls;
  return [
    ...(proxy.iamLogins
      ? [
          problem(
            [...at, "iamLogins"],
            "is not possible: a login of IAM is made by Google's API, not by SQL, so that Tidegate can neither make it nor lock it nor give it a second one for a rotation; take it out, the logins have passwords that the proxy encrypts on the way",
          ),
        ]
      : []),
    ...(mode !== undefined && mode !== "disable"
      ? [
          problem(
            ["server", "tls", "mode"],
            `${mode} is not possible behind the proxy, which encrypts and checks by itself and is talked to within the pod: take it out`,
          ),
        ]
      : []),
    ...(server.host !== undefined || server.pods !== undefined
      ? [
          problem(
            ["server", server.host === undefined ? "pods" : "host"],
            "has no effect with cloudSqlProxy, as pods reach the server through the proxy only: take it out",
          ),
        ]
      : []),
    ...(proxy.port === proxy.healthPort
      ? [problem([...at, "healthPort"], `${proxy.port} is the proxy's own port: take another`)]
      : []),
    ...Object.entries(config.services).flatMap(([name, service]) =>
      Object.keys(service.databases).length > 0 &&
      [proxy.port, proxy.healthPort].includes(service.port)
        ? [
            problem(
              ["services", name, "port"],
              `${service.port} is taken by the Cloud SQL proxy in the same pod: set server.cloudSqlProxy.port or healthPort`,
            ),
          ]
        : [],
    ),
  ];
}

function checkNamespace({ config }: Checked): Problem[] {
  const { namespace, migrationNamespace, databases } = config;
  if (migrationNamespace === undefined) return [];
  return [
    ...(namespace?.name === migrationNamespace.name
      ? [
          problem(
            ["migrationNamespace"],
            `"${migrationNamespace.name}" is the namespace of everything: take it out, or name another`,
          ),
        ]
      : []),
    ...Object.entries(databases).flatMap(([name, { strategy }]) =>
      strategy === "initContainer" || strategy === "startup"
        ? [
            problem(
              ["databases", name, "strategy"],
              `${strategy} needs the migrator's Secret beside the services, and migrationNamespace keeps it from there: take one of the two out`,
            ),
          ]
        : [],
    ),
  ];
}
