import { z } from "zod";
import { imageByDigest } from "./image.ts";
import { resources } from "./kubernetes.ts";
import { port } from "./names.ts";
import { strict } from "./strict.ts";

/**
 * The key `server.cloudSqlProxy`.
 *
 * Source of the instance's form: "Cloud SQL Auth Proxy", instance connection name; a project of a domain
 * has the domain and a colon in front.
 */
export const cloudSqlProxy = strict({
  instance: z
    .string()
    .regex(/^([a-z0-9.-]+:)?[a-z][a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$/, {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is no instance connection name: give project:region:instance`,
    })
    .describe("Instance connection name, project:region:instance."),
  image: imageByDigest.describe(
    "The proxy, version 2, by digest: gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:…",
  ),
  port: port
    .default(5432)
    .describe("Port in the pod that the proxy listens on, of 127.0.0.1; default 5432."),
  healthPort: port.default(9801).describe("Port of its own health checks; default 9801."),
  privateIp: z.boolean().default(false).describe("Connect to the instance's private address."),
  iamLogins: z
    .boolean()
    .default(false)
    .describe("Refused when true: logins of IAM are made by Google's API and not by SQL."),
  resources: resources
    .default({ requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } })
    .describe("Default requests 20m CPU and 64Mi, limit 256Mi of memory."),
}).describe(
  "external: the server is Cloud SQL; the Auth Proxy runs beside every container that connects, and ends with it.",
);
