import type { Problem } from "../problem.ts";
import type { ServerConfig } from "../schema/server.ts";
import { type Checked, isBroken, problem } from "./rule.ts";

type Kind = NonNullable<ServerConfig["kind"]>;

/** Keys of `server` that belong to some kinds only. */
const KINDS_OF: Readonly<Partial<Record<keyof ServerConfig, readonly Kind[]>>> = {
  host: ["external"],
  port: ["external"],
  network: ["docker"],
  publishedPort: ["docker"],
  image: ["docker", "cluster"],
  storage: ["cluster"],
  storageClass: ["cluster"],
  resources: ["cluster"],
  imagePullSecrets: ["cluster"],
  cloudSqlProxy: ["external"],
};

/** The server can be reached by pods and, where it must, by the deployer. */
export function checkServer(checked: Checked): readonly Problem[] {
  const { config } = checked;
  const { server } = config;
  if (server === undefined) {
    return [problem(["server"], "is missing: set server.kind to docker, cluster or external")];
  }
  if (server.kind === undefined) {
    return [problem(["server", "kind"], "is missing: docker, cluster or external")];
  }
  return [
    ...misplaced(server, server.kind),
    ...checkAddresses(server, server.kind, config.provisioning, isProxied(checked)),
    ...checkTls(server, server.kind),
  ];
}

/** Also by a proxy with a mistake in it, which is reported by itself. */
function isProxied(checked: Checked): boolean {
  const path = ["server", "cloudSqlProxy"];
  return checked.config.server?.cloudSqlProxy !== undefined || isBroken(checked, path);
}

function misplaced(server: ServerConfig, kind: Kind): Problem[] {
  return Object.entries(KINDS_OF).flatMap(([key, kinds]) => {
    const given = Object.entries(server).some(
      ([name, value]) => name === key && value !== undefined,
    );
    return !given || kinds.includes(kind)
      ? []
      : [
          problem(
            ["server", key],
            `has no meaning for a server of kind ${kind}, only for ${kinds.join(" and ")}: take it out, or change server.kind`,
          ),
        ];
  });
}

function checkAddresses(
  server: ServerConfig,
  kind: Kind,
  provisioning: "provider" | "job" | undefined,
  proxied: boolean,
): Problem[] {
  const problems: Problem[] = [];
  if (kind === "external" && server.host === undefined && server.pods === undefined && !proxied) {
    problems.push(
      problem(
        ["server", "host"],
        "is missing: an external server needs the host that pods connect to",
      ),
    );
  }
  if (provisioning === "provider" && kind !== "docker" && server.deployer === undefined) {
    problems.push(
      problem(
        ["provisioning"],
        "provider needs server.deployer, the host and port at which this machine reaches the server; set it, or provisioning: job, which works inside the cluster",
      ),
    );
  }
  return problems;
}

function checkTls(server: ServerConfig, kind: Kind): Problem[] {
  const { mode, ca, serverName } = server.tls;
  if (kind !== "external") {
    return [
      ...(mode === undefined || mode === "disable"
        ? []
        : [
            problem(
              ["server", "tls", "mode"],
              `${mode} is not possible: the server that kind ${kind} starts has no certificate; only disable is, or kind: external`,
            ),
          ]),
      ...withoutTls(ca, serverName, `a server of kind ${kind} has no TLS`),
    ];
  }
  if (mode === "disable") return withoutTls(ca, serverName, "server.tls.mode is disable");
  if (mode === "verify-ca" && ca === undefined) {
    return [
      problem(
        ["server", "tls", "ca"],
        "is missing: verify-ca against every public authority would accept any server; name the file of your authority, or use verify-full",
      ),
    ];
  }
  return [];
}

function withoutTls(
  ca: string | undefined,
  serverName: string | undefined,
  why: string,
): Problem[] {
  return Object.entries({ ca, serverName }).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [problem(["server", "tls", key], `has no effect, as ${why}: take it out`)],
  );
}
