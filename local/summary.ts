import type { LocalPlatform } from "./select-services.ts";

/** Where each service listens and what it uses, as a table. */
export function summaryTable(
  platform: LocalPlatform,
  isReady: (service: string) => boolean,
): string {
  const rows = platform.services.map((service) => [
    service.name,
    place(service, isReady),
    service.databases.map(({ database, role }) => `${database} (${role})`).join(", "),
  ]);
  const table = [["service", "listens on", "databases"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ").trimEnd())
    .join("\n");
}

function place(
  service: LocalPlatform["services"][number],
  isReady: (service: string) => boolean,
): string {
  if (service.dev === undefined) return "no dev.command";
  return isReady(service.name) ? `http://localhost:${service.port}` : "not ready";
}
