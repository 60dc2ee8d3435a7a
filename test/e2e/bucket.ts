import { randomBytes } from "node:crypto";
import { until } from "./observe.ts";
import { isReady } from "./cluster.ts";
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from "./restricted-pod.ts";
import type { TestStack } from "./test-stack.ts";

/** Image of rclone, which is the S3-compatible server too; a machine without Docker Hub names its own. */
const RCLONE_IMAGE = process.env["TIDEGATE_E2E_RCLONE_IMAGE"] ?? "rclone/rclone:1.71.2";

const PORT = 7070;
const BUCKET = "backups";
const DATA = "/data";

/** A bucket in the stack's namespace. */
export interface Bucket {
  readonly name: string;
  readonly endpoint: string;
  readonly uploadImage: string;
  /** Secret with its keys. */
  readonly secret: string;
  /** Secret with the right name of the key and another key. */
  readonly wrongSecret: string;
  /** Names of the files in a folder. */
  readonly list: (folder: string) => Promise<readonly string[]>;
}

/** Starts an S3-compatible server (`rclone serve s3` on a folder) in the stack's namespace, with which it goes. */
export async function startBucket(stack: TestStack): Promise<Bucket> {
  const { cluster } = stack;
  const keys = { access: "backup", secret: randomBytes(16).toString("hex") };
  const secretOf = (name: string, secret: string): object => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    stringData: { AWS_ACCESS_KEY_ID: keys.access, AWS_SECRET_ACCESS_KEY: secret },
  });
  await cluster.apply(secretOf("bucket-keys", keys.secret));
  await cluster.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "bucket-server" },
    // In quotes: rclone reads a list of such pairs here, as CSV.
    stringData: { key: `"${keys.access},${keys.secret}"` },
  });
  await cluster.apply(secretOf("bucket-wrong", randomBytes(16).toString("hex")));
  await cluster.apply(serverPod());
  await cluster.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "bucket" },
    spec: { selector: { app: "bucket" }, ports: [{ port: PORT }] },
  });
  await until(
    "the bucket's server",
    async () => {
      const [pod] = await cluster.list("pods", "app=bucket");
      return pod !== undefined && isReady(pod) ? true : undefined;
    },
    180,
  );
  return {
    name: BUCKET,
    endpoint: `http://bucket.${cluster.namespace}.svc:${PORT}`,
    uploadImage: RCLONE_IMAGE,
    secret: "bucket-keys",
    wrongSecret: "bucket-wrong",
    list: async (folder) => {
      const path = `${DATA}/${BUCKET}/${folder}`;
      const script = `ls ${path} 2> /dev/null || true`;
      const text = await cluster.kubectl("exec", "bucket", "--", "sh", "-c", script);
      return text.split("\n").filter((line) => line !== "");
    },
  };
}

function serverPod(): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "bucket", labels: { app: "bucket" } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { ...RESTRICTED_POD, fsGroup: 1000 },
      containers: [
        {
          name: "server",
          image: RCLONE_IMAGE,
          command: ["sh", "-c"],
          args: [`mkdir -p ${DATA}/${BUCKET} && exec rclone serve s3 ${DATA}`],
          env: [
            { name: "RCLONE_CONFIG", value: "/notfound" },
            { name: "RCLONE_ADDR", value: `:${PORT}` },
            {
              name: "RCLONE_AUTH_KEY",
              valueFrom: { secretKeyRef: { name: "bucket-server", key: "key" } },
            },
          ],
          readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [{ name: "data", mountPath: DATA }],
        },
      ],
      volumes: [{ name: "data", emptyDir: {} }],
    },
  };
}
