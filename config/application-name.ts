/** Characters of a version: with the longest name of a service and the `@` that is 63. */
const VERSION_LENGTH = 12;

/**
 * How a service's connections name themselves in `pg_stat_activity`: `<service>@<version>`, of which the
 * version is the beginning of the image's digest or tag. Postgres cuts names at 63 bytes.
 *
 * @param reference `repository@sha256:…` or `repository:<digest of the build context>`.
 */
export function applicationName(service: string, reference: string): string {
  const version = /[:@](?:sha256:)?([A-Za-z0-9_][A-Za-z0-9_.-]*)$/.exec(reference)?.[1] ?? "";
  return `${service}@${version.slice(0, VERSION_LENGTH)}`;
}
