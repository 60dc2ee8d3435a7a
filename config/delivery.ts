import { createHash } from "node:crypto";
import { flatKey, type MigrationBundle, toDeliveredFiles } from "@tidegate/migrator/bundle";
import type { DeliverySpec } from "./spec.ts";

/**
 * Bytes of a ConfigMap's data that are used at most: Kubernetes allows 1 MiB for the whole object,
 * and keys, labels and the record of the last change need some of it.
 * Source: Kubernetes, "ConfigMaps", 1 MiB.
 */
export const DELIVERY_BYTES = 900 * 1024;

/** A bundle as the files of a ConfigMap. */
export function deliveryOf(bundle: MigrationBundle): DeliverySpec {
  return deliveryOfFiles(toDeliveredFiles(bundle));
}

/** Files, by path, as those of a ConfigMap. */
export function deliveryOfFiles(delivered: Readonly<Record<string, string>>): DeliverySpec {
  const texts = Object.entries(delivered);
  const files = Object.fromEntries(texts.map(([path, text]) => [flatKey(path), text]));
  return {
    files,
    items: texts.map(([path]) => ({ key: flatKey(path), path })),
    digest: createHash("sha256").update(JSON.stringify(texts)).digest("hex"),
  };
}

/** Bytes of a delivery's keys and contents. */
export function deliveryBytes({ files }: Pick<DeliverySpec, "files">): number {
  return Object.entries(files).reduce(
    (sum, [key, text]) => sum + Buffer.byteLength(key) + Buffer.byteLength(text),
    0,
  );
}
