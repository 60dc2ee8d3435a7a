import { expect, test } from "vitest";
import type { DumpSpec } from "../config/spec.ts";
import { type BackupPodArgs, buildDump, buildRestore } from "./backup-pod.ts";

const VOLUME: DumpSpec = {
  kind: "volume",
  image: "postgres:17",
  keep: 3,
  volume: { claim: "auth-backups", make: { size: "1Gi" } },
};
const BUCKET: DumpSpec = {
  kind: "s3",
  image: "postgres:17",
  keep: 3,
  bucket: {
    bucket: "backups",
    prefix: "shop/prod",
    endpoint: "https://s3.internal",
    region: "eu-central-1",
    credentials: { secret: "keys", accessKeyId: "ID", secretAccessKey: "KEY" },
    uploadImage: "rclone/rclone:1",
  },
};

const args = (backup: DumpSpec): BackupPodArgs => ({
  backup,
  secret: "auth-migrator",
  server: { host: "postgres.ns.svc", port: 5432, tls: { mode: "disable" } },
  resources: {},
  caMounts: [],
});

/** The plain parts that a test looks at. */
function look(containers: readonly object[]) {
  return containers as {
    name: string;
    image: string;
    command: string[];
    env: {
      name: string;
      value?: string;
      valueFrom?: { secretKeyRef: { name: string; key: string } };
    }[];
    volumeMounts: { name: string; readOnly?: boolean }[];
  }[];
}

test("a dump to a volume is one container, which writes where the restore reads", () => {
  const { containers, volumes } = buildDump(args(VOLUME));
  expect(look(containers).map(({ name, image }) => [name, image])).toEqual([
    ["backup", "postgres:17"],
  ]);
  const claim = [{ name: "backups", persistentVolumeClaim: { claimName: "auth-backups" } }];
  expect(volumes).toEqual(claim);
  expect(buildRestore(args(VOLUME)).volumes[0]).toEqual(claim[0]);
});

test("a dump to a bucket is uploaded by a container that has no password of Postgres", () => {
  const [dump, upload] = look(buildDump(args(BUCKET)).containers);
  const names = upload?.env.map(({ name }) => name) ?? [];
  expect(names).not.toContain("PGPASSWORD");
  expect(names).toContain("PGDATABASE");
  expect(dump?.env.filter(({ name }) => name.startsWith("RCLONE"))).toEqual([]);
  const keys = upload?.env.filter(({ valueFrom }) => valueFrom?.secretKeyRef.name === "keys");
  expect(keys).toEqual([
    {
      name: "RCLONE_CONFIG_TARGET_ACCESS_KEY_ID",
      valueFrom: { secretKeyRef: { name: "keys", key: "ID" } },
    },
    {
      name: "RCLONE_CONFIG_TARGET_SECRET_ACCESS_KEY",
      valueFrom: { secretKeyRef: { name: "keys", key: "KEY" } },
    },
  ]);
});

test("no secret and no setting stands in a command: all are in the environment", () => {
  const all = [VOLUME, BUCKET].flatMap((backup) => [
    ...look(buildDump(args(backup)).containers),
    ...look(buildRestore(args(backup)).containers),
  ]);
  expect(all.map(({ name }) => name)).toEqual([
    "backup",
    "restore",
    "backup",
    "upload",
    "download",
    "restore",
  ]);
  for (const { command } of all) {
    expect(command.slice(0, 2)).toEqual(["/bin/sh", "-c"]);
    expect(command.join(" ")).not.toMatch(
      /PGPASSWORD|SECRET|auth-migrator|s3\.internal|shop\/prod/,
    );
  }
});

test("a server with a certificate of a public authority is checked against those", () => {
  const server = { host: "db", port: 5432, tls: { mode: "verify-full" } } as const;
  const [dump] = look(buildDump({ ...args(VOLUME), server }).containers);
  expect(dump?.env).toContainEqual({ name: "PGSSLROOTCERT", value: "system" });
});
