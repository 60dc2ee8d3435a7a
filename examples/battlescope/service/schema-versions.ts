/**
 * The newest migration that this service's code needs, by database. It changes with the code that uses
 * a new column, in the same commit as the migration. A database that has more is fine: expand migrations
 * leave this code working.
 */
export const SCHEMA_VERSIONS: Readonly<Record<string, string>> = {
  battlescope_auth: "20261114090000_create_service_heartbeats",
  battlescope_ingestion: "005_create_service_heartbeats",
  battlescope_enrichment: "005_create_service_heartbeats",
  battlescope_battles: "20261114093000_create_service_heartbeats",
  battlescope_notification: "005_create_service_heartbeats",
};
