/** Migrations on their way into a pod. */
export interface DeliverySpec {
  /** Content by ConfigMap key; keys are flat. */
  readonly files: Readonly<Record<string, string>>;
  /** Where each key is mounted, relative to the folder of migrations. */
  readonly items: readonly { readonly key: string; readonly path: string }[];
  /** SHA-256 in hex of all of it. */
  readonly digest: string;
}
