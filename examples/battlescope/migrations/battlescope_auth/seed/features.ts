/**
 * The features of the first release. The checksum of the migration that imports this file covers it:
 * a further feature comes in a migration of its own.
 */
export const FEATURES = [
  {
    key: "battle-reports",
    name: "Battle reports",
    description: "Battles built of killmails, with sides and losses",
  },
  { key: "search", name: "Search", description: "Battles by pilot, system or time" },
  {
    key: "notifications",
    name: "Notifications",
    description: "A message when a battle of interest begins",
  },
];
