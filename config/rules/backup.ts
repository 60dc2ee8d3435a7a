import type { Path, Problem } from "../problem.ts";
import { resolveExistingSecret } from "../resolve-existing-secret.ts";
import { type Checked, problem } from "./rule.ts";

/** A backup can be taken: `pg_dump` can log in, and a snapshot has a volume. */
export function checkBackups({ config }: Checked): readonly Problem[] {
  const { server } = config;
  return Object.entries(config.databases).flatMap(([name, database]) => {
    const { backup, migrator, strategy } = database;
    if (backup === undefined) return [];
    const path = ["databases", name, "backup"];
    if (database.runner !== undefined) {
      return [
        problem(
          path,
          "is taken before the built-in runner's migrations only, and another tool migrates this database: take it out, and let the tool's own command save the database first",
        ),
      ];
    }
    if (strategy !== "job") {
      return [
        problem(
          path,
          `is taken by the Job of the strategy job, and the strategy is ${strategy}: take it out, or strategy: job`,
        ),
      ];
    }
    if (backup.kind === "snapshot") {
      if (server?.kind === "cluster" || backup.claim !== undefined) return [];
      return [
        problem(
          [...path, "claim"],
          "is missing: name the PersistentVolumeClaim with the server's data, or take a dump (kind: volume or s3)",
        ),
      ];
    }
    const { existingSecret: existing } = resolveExistingSecret(migrator.existingSecret);
    return [
      ...checkTls(path, server),
      ...(existing !== undefined && existing.keys.password === undefined
        ? [
            problem(
              path,
              "needs the migrator's username and password apart: pg_dump takes a URL on its command line only, where others could read it; name both in migrator.existingSecret.keys",
            ),
          ]
        : []),
    ];
  });
}

/** What libpq, and so `pg_dump`, can't do and the runner can. */
function checkTls(path: Path, server: Checked["config"]["server"]): Problem[] {
  if (server?.kind !== "external" || server.tls.mode === "disable") return [];
  if (server.tls.serverName !== undefined) {
    return [
      problem(
        path,
        "cannot be taken with server.tls.serverName: pg_dump expects the host's own name in the certificate; connect by that name, or use kind: snapshot",
      ),
    ];
  }
  return server.tls.ca === undefined && server.version < 16
    ? [
        problem(
          path,
          "needs server.tls.ca: pg_dump of Postgres 15 knows no public authorities; name the file of the server's authority",
        ),
      ]
    : [];
}
