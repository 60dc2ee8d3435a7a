import { expect, test } from "vitest";
import { changed, DIGEST, problemsIn, type Row } from "../test-platform.ts";

const backup = (value: object) => ({ databases: { auth: { backup: value } } });
const BUCKET = { kind: "s3", bucket: "backups", credentials: { secret: "keys" } };

const ROWS: readonly Row[] = [
  [
    "a backup without a kind",
    backup({ keep: 3 }),
    ["databases.auth.backup.kind: must have a kind: volume, s3 or snapshot"],
  ],
  [
    "a bucket without credentials",
    backup({ kind: "s3", bucket: "backups" }),
    [
      "databases.auth.backup.credentials: must be { secret: <name of an existing Secret> }, or environment where the pod's service account has a role of its own",
    ],
  ],
  [
    "a bucket with keys in the clear",
    backup({ ...BUCKET, credentials: { accessKeyId: "AKIA", secretAccessKey: "x" } }),
    ["databases.auth.backup.credentials.secret: is missing"],
  ],
  [
    "a backup where another tool migrates, which nobody would take",
    {
      databases: {
        tool: {
          runner: { image: `ghcr.io/acme/tool@${DIGEST}`, history: "none" },
          backup: { kind: "volume" },
        },
      },
    },
    [
      "databases.tool.backup: is taken before the built-in runner's migrations only, and another tool migrates this database: take it out, and let the tool's own command save the database first",
    ],
  ],
  [
    "a backup where no Job migrates",
    { databases: { auth: { strategy: "manual", backup: { kind: "volume" } } } },
    [
      "databases.auth.backup: is taken by the Job of the strategy job, and the strategy is manual: take it out, or strategy: job",
    ],
  ],
  [
    "a retention of nothing",
    backup({ kind: "volume", keep: 0 }),
    ["databases.auth.backup.keep: must be a whole number from 1 to 1000"],
  ],
  [
    "a snapshot of a server that has no volume in the cluster",
    backup({ kind: "snapshot" }),
    [
      "databases.auth.backup.claim: is missing: name the PersistentVolumeClaim with the server's data, or take a dump (kind: volume or s3)",
    ],
  ],
  [
    "a dump by a migrator whose Secret holds a URL",
    {
      databases: {
        auth: {
          backup: { kind: "volume" },
          migrator: { existingSecret: { name: "auth-migrator", keys: "url" } },
        },
      },
    },
    [
      "databases.auth.backup: needs the migrator's username and password apart: pg_dump takes a URL on its command line only, where others could read it; name both in migrator.existingSecret.keys",
    ],
  ],
  [
    "a dump from a server whose certificate has another name",
    {
      ...backup({ kind: "volume" }),
      server: { kind: "external", host: "db.internal", tls: { serverName: "pg" } },
    },
    [
      "databases.auth.backup: cannot be taken with server.tls.serverName: pg_dump expects the host's own name in the certificate; connect by that name, or use kind: snapshot",
    ],
  ],
];

test.each(ROWS)("%s is refused", (_, change, problems) => {
  expect(problemsIn(changed(change))).toEqual(problems);
});

test.each([
  ["a volume", { kind: "volume" }],
  ["a bucket with an existing Secret", BUCKET],
  ["a bucket with the pod's own rights", { ...BUCKET, credentials: "environment" }],
  ["a snapshot of a named volume", { kind: "snapshot", claim: "data-0" }],
])("%s is taken", (_, value) => {
  expect(problemsIn(changed(backup(value)))).toEqual([]);
});
