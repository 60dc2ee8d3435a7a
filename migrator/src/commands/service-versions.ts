// Through node:fs, which loads its promises when they are first used: a start does without.
import { promises as fs } from "node:fs";

import type { ServiceVersion, ServiceVersions } from "../contract.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";

/**
 * Reads which versions of services may be connected.
 *
 * @throws MigratorError of kind `usage` where the file does not say it.
 */
export async function readServiceVersions(file: string): Promise<ServiceVersions> {
  let value: unknown;
  try {
    value = JSON.parse(await fs.readFile(file, "utf8"));
  } catch (error) {
    throw new MigratorError(
      "usage",
      `--services: ${file} cannot be read: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
  const { format, command, services } = fieldsOf(value);
  if (
    format !== 1 ||
    typeof command !== "string" ||
    !Array.isArray(services) ||
    !services.every(isVersion)
  ) {
    throw new MigratorError(
      "usage",
      `--services: ${file} must hold { format: 1, command, services: [{ name, logins, applicationName }] }`,
    );
  }
  return { format, command, services };
}

function isVersion(value: unknown): value is ServiceVersion {
  const { name, logins, applicationName } = fieldsOf(value);
  return (
    typeof name === "string" &&
    typeof applicationName === "string" &&
    Array.isArray(logins) &&
    logins.every((login) => typeof login === "string")
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}
