import { z } from "zod";
import { cloudSqlProxy } from "./cloud-sql.ts";
import { existingSecret, passwordGeneration } from "./credentials.ts";
import { resources, storageSize } from "./kubernetes.ts";
import { existingPostgresName, hostName, kubernetesName, port, projectPath } from "./names.ts";
import { imagePullSecrets } from "./pods.ts";
import { strict } from "./strict.ts";

const address = strict({
  host: hostName.describe("Name or address."),
  port: port.default(5432).describe("TCP port; default 5432."),
});

const tls = strict({
  mode: z
    .enum(["verify-full", "verify-ca", "disable"])
    .optional()
    .describe(
      "How the server's certificate is checked. Default: verify-full for an external server, disable for docker and cluster, which have no certificate.",
    ),
  ca: projectPath
    .optional()
    .describe(
      "PEM file with the authorities' certificates, relative to the project; mounted into Jobs, gates and services. Default: the authorities that each image trusts.",
    ),
  serverName: hostName
    .optional()
    .describe("Name that the certificate must carry. Default: the host that is connected to."),
});

const admin = strict({
  user: existingPostgresName
    .default("postgres")
    .describe("Role with CREATEROLE and CREATEDB; default postgres."),
  database: existingPostgresName
    .default("postgres")
    .describe("Database that the admin connects to; default postgres."),
  passwordGeneration: passwordGeneration("docker and cluster: generation of the admin's password."),
  existingSecret: existingSecret("external with provisioning: job: the admin's login"),
});

/** The key `server`. Which key goes with which kind is checked in `rules/server.ts`. */
export const server = strict({
  kind: z
    .enum(["docker", "cluster", "external"])
    .optional()
    .describe(
      "docker: a container on this machine, for development. cluster: a StatefulSet, for preview environments. external: a server that exists.",
    ),
  version: z
    .int({ error: "must be the major version of Postgres, a number from 15 to 18" })
    .min(15, { error: "must be the major version of Postgres, from 15 to 18" })
    .max(18, { error: "must be the major version of Postgres, from 15 to 18" })
    .default(17)
    .describe("Major version of Postgres, 15 to 18; default 17."),
  host: hostName.optional().describe("external: where pods reach it."),
  port: port.optional().describe("external: its port; default 5432."),
  tls: tls.prefault({}).describe("Encryption of every connection."),
  deployer: address
    .optional()
    .describe(
      "Where the machine that runs pulumi reaches it; needed for provisioning: provider. Default for docker: 127.0.0.1 and publishedPort.",
    ),
  pods: address
    .optional()
    .describe(
      "Where pods reach it, where that differs from host and port. Default for docker: a Kubernetes Service that leads to the container, or host.docker.internal with Docker Desktop.",
    ),
  admin: admin
    .prefault({})
    .describe("The admin; the password is the secret tidegate:adminPassword."),
  network: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, { error: "must be the name of a Docker network" })
    .optional()
    .describe(
      "docker: network that the container joins. Default: kind's and minikube's and k3d's own with such a context, else Docker's default bridge.",
    ),
  publishedPort: port.optional().describe("docker: port published on 127.0.0.1; default 15432."),
  image: z
    .string()
    .min(1, { error: "must be an image" })
    .optional()
    .describe("docker and cluster: the image; default postgres:<version>."),
  storage: storageSize.optional().describe("cluster: size of the volume; default 5Gi."),
  storageClass: kubernetesName
    .optional()
    .describe("cluster: storage class; default: the cluster's default class."),
  resources: resources
    .optional()
    .describe("cluster: default requests 100m CPU and 256Mi, limit 1Gi of memory."),
  imagePullSecrets,
  serviceAccount: kubernetesName
    .optional()
    .describe("Existing account of the Jobs that make databases and roles; default: default."),
  cloudSqlProxy: cloudSqlProxy.optional(),
});

export type ServerConfig = z.output<typeof server>;
