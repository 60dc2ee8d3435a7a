import { MANIFEST_FILE } from "./list-folder.ts";
import { printManifest, type ManifestMigration } from "./manifest.ts";
import { sha256 } from "./source-text.ts";
import type { BundledDown, BundledMigration, MigrationBundle, Phase } from "./types.ts";

/**
 * What is delivered of a bundle, as relative path → text: the SQL files as they are, the compiled
 * module of every TypeScript migration (`002_y.ts` as `002_y.cjs`), and `manifest.json`, of which
 * `bundleFolder` makes an equal bundle without compiler or parser. Keys are sorted and equal bundles
 * give equal texts, so that a digest over it is stable.
 *
 * @param phase only the migrations of that phase; default: all
 */
export function toDeliveredFiles(bundle: MigrationBundle, phase?: Phase): Record<string, string> {
  const texts: Record<string, string> = {};
  const migrations = bundle.migrations
    .filter((migration) => phase === undefined || migration.phase === phase)
    .map((migration): ManifestMigration => {
      const { up, down, ...rest } = migration;
      const delivered = deliveredName(migration);
      texts[delivered] = up;
      if (down === null) return { ...rest, delivered, down };
      const { text, ...downRest } = down;
      const downDelivered = down.kind === "sql" ? downName(migration, down) : delivered;
      texts[downDelivered] = text;
      return { ...rest, delivered, down: { ...downRest, delivered: downDelivered } };
    });
  const files = Object.fromEntries(
    Object.entries(texts).map(([file, text]) => [file, sha256(text)]),
  );
  texts[MANIFEST_FILE] = printManifest({ format: 1, files, migrations });
  return Object.fromEntries(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function deliveredName({ kind, file, name }: BundledMigration): string {
  return kind === "sql" ? file : `${name}.cjs`;
}

/** dbmate and goose keep both ways in one file; delivered under one name, one would replace the other. */
function downName(migration: BundledMigration, down: BundledDown): string {
  return down.file === migration.file ? `${migration.name}.down.sql` : down.file;
}
