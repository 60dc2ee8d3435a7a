import { sha256 } from "./source-text.ts";
import type { MigrationBundle } from "./types.ts";

/**
 * SHA-256 in hex over all that a run of this bundle does: names, phases, checksums, compiled code and
 * the ways down. Equal for a folder and for what was delivered of it.
 */
export function bundleDigest(bundle: MigrationBundle): string {
  return sha256(
    JSON.stringify(
      bundle.migrations.map(({ name, kind, phase, transaction, checksum, up, down }) => [
        name,
        kind,
        phase,
        transaction,
        checksum,
        // The checksum of SQL covers its text; that of TypeScript covers the source only.
        kind === "typescript" ? up : null,
        down === null ? null : [down.kind, down.file, down.checksum],
      ]),
    ),
  );
}
