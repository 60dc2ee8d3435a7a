import { z } from "zod";
import { existingSecret, passwordGeneration } from "./credentials.ts";
import { connection } from "./connection.ts";
import { duration } from "./duration.ts";
import { build, image } from "./image.ts";
import { environment, envFrom, httpPath, resources, secretEnv } from "./kubernetes.ts";
import { databaseName, dnsLabel, port, projectPath, words } from "./names.ts";
import { imagePullSecrets, scheduling, serviceAccount, sidecars } from "./pods.ts";
import { strict } from "./strict.ts";

/** Room for the suffixes of names that are made of a service's: `<service>-` and up to 12 more. */
const SERVICE_NAME_MAX = 50;

/** Name of a service, as a key of `services`. */
export const serviceName = dnsLabel(SERVICE_NAME_MAX);

const databaseUse = z
  .union(
    [
      z.enum(["app", "readonly"]).transform((role) => ({ role })),
      strict({
        role: z.enum(["app", "readonly"]).default("app").describe("Default app."),
        connection: connection.optional(),
        prefix: z
          .string()
          .regex(/^([A-Za-z_][A-Za-z0-9_]*)?$/, {
            error: "must be the beginning of an environment variable's name",
          })
          .optional()
          .describe(
            "Put before each name. Default: none with one database, the database's name in upper case and an underscore with several; never before the names of a map.",
          ),
        existingSecret: existingSecret("The login to this database"),
      }),
    ],
    { error: "must be app, readonly or { role, connection, prefix }" },
  )
  .describe("app (reads and writes), readonly, or { role, connection, prefix }.");

const window = strict({
  min: z.string().min(1).optional().describe("Migration that the service needs."),
  max: z.string().min(1).optional().describe("Newest migration that the service survives."),
});

/** A value of `services`. What is required is checked after the stack-wide defaults were applied. */
export const service = strict({
  image,
  build,
  port: port.default(8080).describe("Port that the container listens on; default 8080."),
  replicas: z
    .int({ error: "must be a whole number, 0 or more" })
    .min(0, { error: "must be a whole number, 0 or more" })
    .default(1)
    .describe("Pods; default 1."),
  env: environment.default({}).describe("Environment with plain values."),
  secretEnv,
  envFrom,
  resources: resources
    .default({ requests: { cpu: "25m", memory: "64Mi" }, limits: { memory: "256Mi" } })
    .describe("Default requests 25m CPU and 64Mi, limit 256Mi of memory."),
  probes: strict({
    liveness: httpPath
      .default("/healthz")
      .describe("Answers 200 while the process works; default /healthz."),
    readiness: httpPath
      .default("/readyz")
      .describe("Answers 200 when it can serve; default /readyz."),
  })
    .prefault({})
    .describe("HTTP paths on the service's port."),
  rolloutTimeout: duration({ min: 10, max: 86_400 })
    .default(300)
    .describe("How long a rollout may make no progress; default 5m."),
  scheduling: scheduling.optional(),
  imagePullSecrets,
  sidecars,
  serviceAccount: serviceAccount(
    "the service's name",
    "Account that the pods run as, without an API token.",
  ),
  databases: z
    .record(databaseName, databaseUse)
    .default({})
    .describe("Databases that it connects to; each holds its rollout."),
  passwordGeneration: passwordGeneration(
    "Generation of the service's password: the pods roll to the other of its two logins, then the old one is locked.",
  ),
  waitsFor: z
    .array(databaseName)
    .default([])
    .describe("Databases without a connection whose gates hold it too."),
  after: z.array(serviceName).default([]).describe("Services that are rolled out before it."),
  schema: z
    .union([window, z.record(databaseName, window)], {
      error: "must be { min, max }, or { <database>: { min, max } }",
    })
    .optional()
    .describe(
      "The migrations between which its code works: { min, max } with one database, { <database>: { min, max } } with several.",
    ),
  gateTimeout: duration({ min: 10, max: 86_400 })
    .default(300)
    .describe("How long one try of the pod's gate waits; default 5m."),
  dev: strict({
    command: words.describe("Program and arguments, started without a shell."),
    directory: projectPath
      .default(".")
      .describe("Working directory, relative to the project; default the project."),
  })
    .optional()
    .describe("How npm run dev starts it; absent: it is not started there."),
}).meta({ id: "service" });

export type ServiceConfig = z.output<typeof service>;
