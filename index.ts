import { Platform } from "./components/platform.ts";
import { loadPlatform } from "./config/load.ts";

const { spec, secrets } = await loadPlatform();
const platform = new Platform(spec.name, {
  spec,
  secrets: secrets.values,
  ...(secrets.adminPassword !== undefined && { adminPassword: secrets.adminPassword }),
});

export const namespace = platform.namespace;
export const services = platform.services;
export const schemas = platform.schemas;
export const migrations = platform.migrations;
