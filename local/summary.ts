import type { LocalPlatform } from "./select-services.ts";
import type { ServiceStatus } from "./service-runner.ts";

/** Where each service listens and what it uses, as a table. */
export function summaryTable(
  platform: LocalPlatform,
  stateOf: (service: string) => ServiceStatus["state"],
): string {
  const rows = platform.services.map((service) => [
    service.name,
    place(service, stateOf(service.name)),
    service.databases.map(({ database, role }) => `${database} (${role})`).join(", "),
  ]);
  const table = [["service", "listens on", "databases"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

function place(
  { dev, port }: LocalPlatform["services"][number],
  state: ServiceStatus["state"],
): string {
  if (dev === undefined) return "has no dev.command";
  if (state === "ready") return `http://localhost:${port}`;
  return state === "idle" ? "not started" : "not ready";
}
