import { z } from "zod";
import { imageByDigest } from "./image.ts";
import { environment, envFrom, httpPath, resources } from "./kubernetes.ts";
import { dnsLabel, kubernetesName, port } from "./names.ts";
import { strict } from "./strict.ts";

/** A part of Kubernetes' own API that is handed on as it is. */
const handedOn = z.record(z.string(), z.unknown());

const toleration = strict({
  key: z
    .string()
    .optional()
    .describe("Key of the taint; absent with operator Exists: every taint."),
  operator: z.enum(["Equal", "Exists"]).optional().describe("Default Equal."),
  value: z.string().optional().describe("Value of the taint, with operator Equal."),
  effect: z
    .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
    .optional()
    .describe("Effect of the taint; absent: every effect."),
  tolerationSeconds: z
    .int()
    .min(0)
    .optional()
    .describe("How long, with NoExecute; absent: for ever."),
});

/** Where the scheduler may put a pod. */
export const scheduling = strict({
  priorityClass: kubernetesName
    .optional()
    .describe("An existing PriorityClass; default: the cluster's default class."),
  nodeSelector: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe("Labels that a node must have."),
  tolerations: z.array(toleration).optional().describe("Taints that the pod tolerates."),
  affinity: strict({
    nodeAffinity: handedOn.optional().describe("As in Kubernetes."),
    podAffinity: handedOn.optional().describe("As in Kubernetes."),
    podAntiAffinity: handedOn.optional().describe("As in Kubernetes."),
  })
    .optional()
    .describe("Kubernetes' own affinity, handed on as it is."),
}).describe("Where the scheduler may put the pods; default: anywhere.");

/** Credentials of private registries. */
export const imagePullSecrets = z
  .array(kubernetesName)
  .optional()
  .describe("Existing Secrets of type kubernetes.io/dockerconfigjson with logins of registries.");

const sidecar = strict({
  name: dnsLabel(63).describe("Its name in the pod."),
  image: imageByDigest.describe(
    "By digest, repository@sha256:…; it must run as a user other than root.",
  ),
  command: z.array(z.string()).optional().describe("Default: the image's entry point."),
  args: z.array(z.string()).default([]).describe("Arguments; no secrets."),
  env: environment.default({}).describe("Plain environment."),
  envFrom,
  resources: resources
    .default({ requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } })
    .describe("Default requests 10m CPU and 32Mi, limit 128Mi of memory."),
  ready: strict({
    port: port.describe("Port that answers when it can work."),
    path: httpPath
      .optional()
      .describe("HTTP path that then answers 200; absent: that the port accepts is enough."),
  })
    .optional()
    .describe("What the containers behind it wait for; absent: nothing."),
});

/** Native sidecars. */
export const sidecars = z
  .array(sidecar)
  .optional()
  .describe(
    "Containers that run beside the others and end with them (init containers with restartPolicy Always), in Pod Security restricted.",
  );

/** Account that pods run as. */
export const serviceAccount = (name: string, why: string) =>
  strict({
    name: kubernetesName.optional().describe(`Default: ${name}.`),
    create: z
      .boolean()
      .default(true)
      .describe("false: an account of that name exists; default true."),
    annotations: z
      .record(z.string(), z.string())
      .default({})
      .describe("For example the role of a cloud's workload identity."),
  })
    .prefault({})
    .describe(why);
