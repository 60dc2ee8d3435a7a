import { z } from "zod";
import { database } from "./database.ts";
import { databaseName, dnsLabel } from "./names.ts";
import { monitoring, networkPolicies, notifications } from "./operations.ts";
import { rollback } from "./rollback.ts";
import { server } from "./server.ts";
import { service, serviceName } from "./service.ts";
import { strict } from "./strict.ts";

const namespaceName = dnsLabel(63);

const namespace = z
  .union(
    [
      namespaceName.transform((name) => ({ name, create: true })),
      strict({
        name: namespaceName.describe("Its name."),
        create: z.boolean().default(true).describe("false: it exists; default true."),
      }),
    ],
    { error: "must be a name or { name, create }" },
  )
  .describe(
    "Namespace of everything; default: the stack's name. Made by the stack and labelled for Pod Security restricted, or { name, create: false }: it exists.",
  );

const context = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: "must be the name of a kube context, or a list of names",
  })
  .transform((names) => (typeof names === "string" ? [names] : names))
  .describe("The kube contexts that this stack may touch: a name or a list. Any other is refused.");

const images = strict({
  migrator: z
    .string()
    .optional()
    .describe(
      "Runner's image by digest, repository@sha256:…; absent: built here and pushed to the registry.",
    ),
  gate: z
    .string()
    .optional()
    .describe(
      "Image of the pods' gate by digest; default the runner's. A change rolls every service.",
    ),
});

const databases = z.record(databaseName, database);
const services = z.record(serviceName, service);

/** The key `defaults`: merged under every database and every service. */
export const defaults = strict({
  database: database.optional().describe("Under every entry of databases."),
  service: service.optional().describe("Under every entry of services."),
});

/**
 * Keys of a platform, in the stack file or in the file that it extends. All are optional here: a file
 * may hold any part; what the whole lacks is found afterwards.
 */
export const platformShape = {
  namespace: namespace.optional(),
  context: context.optional(),
  registry: z
    .string()
    .regex(/^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._/-]+)?$/, {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is no registry: give host, port and path without a scheme, such as "localhost:5000"`,
    })
    .optional()
    .describe(
      "Registry that images built here are pushed to, such as localhost:5000 or ghcr.io/acme.",
    ),
  images: images.prefault({}).describe("Tidegate's own images."),
  server: server.optional().describe("The Postgres server."),
  provisioning: z
    .enum(["provider", "job"])
    .optional()
    .describe(
      "Who makes databases and roles. provider: pulumi, over the deployer's address; job: a Job in the cluster. Default: provider for docker, else job.",
    ),
  passwords: z
    .enum(["verifier", "plain"])
    .default("verifier")
    .describe(
      "What Postgres gets as a role's password: a SCRAM verifier, so that its log never holds the password, or plain.",
    ),
  migrationNamespace: namespace
    .optional()
    .describe(
      "Namespace of the migrations' Jobs with their Secrets and files, so that services' pods stand in another than the migrators' passwords; made by the stack, or { name, create: false }. Default: that of everything.",
    ),
  networkPolicies,
  monitoring: monitoring.optional(),
  notifications: notifications.optional(),
  defaults: defaults.prefault({}).describe("Stack-wide defaults."),
  databases: databases.prefault({}).describe("Databases by name."),
  services: services.prefault({}).describe("Services by name."),
  rollback: rollback.optional(),
};

/** A platform after the files were merged and `defaults` applied. */
export const platform = strict(platformShape);

export type PlatformConfig = z.output<typeof platform>;

/** Keys of a stack beside those of a platform. */
export const EXTENDS_KEY = "extends";
export const ADMIN_PASSWORD_KEY = "adminPassword";

/** Every key `tidegate:<key>` that a stack may set, beside secrets that a `secretEnv` names. */
export const STACK_KEYS: readonly string[] = [
  EXTENDS_KEY,
  ADMIN_PASSWORD_KEY,
  ...Object.keys(platformShape),
];
