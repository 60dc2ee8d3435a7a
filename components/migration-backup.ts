import type * as pulumi from "@pulumi/pulumi";
import { DatabaseBackup } from "./database-backup.ts";
import type { MigrationArgs } from "./migration-args.ts";
import { VolumeSnapshot } from "./volume-snapshot.ts";

/** What is known of the Job that a backup is made for. */
export interface BackedUpJob {
  /** Another one is another snapshot. */
  readonly digest: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What the Job waits for besides, so that a backup can be taken, or is taken; nothing where the database
 * asks for none.
 *
 * @param name the migration's logical name
 */
export function createBackup(
  name: string,
  { database, phase, access, server, after, place }: MigrationArgs,
  { digest, serviceAccount, labels }: BackedUpJob,
  options: pulumi.ComponentResourceOptions,
): readonly pulumi.Resource[] {
  const { backup } = database;
  if (backup === undefined) return [];
  if (backup.kind === "snapshot") {
    const needs = [...access.ready, ...after];
    const shared = { snapshot: backup, digest, labels, place };
    return [new VolumeSnapshot(`${name}-snapshot`, { ...shared, after: needs }, options).ready];
  }
  // The Job of the other phase writes to the same place.
  if (phase === "contract") return [];
  const secret = access.migratorConnection;
  return new DatabaseBackup(
    `${name}-backup`,
    { database, backup, secret, server: server.pods, serviceAccount, labels, place },
    options,
  ).ready;
}
