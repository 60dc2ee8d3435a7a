import type { Environment } from "../core/connection/connection-parts.ts";

/**
 * Shorter values are no secrets of production (generated passwords are longer), and hiding `postgres`
 * would hide half of every message.
 */
const SHORTEST = 9;

/** Values of an environment that must never be printed: passwords, and those inside URLs. */
export function secretsIn(env: Environment): readonly string[] {
  const found = Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined) return [];
    // Whoever knows a webhook's URL can write to it: all of it is the secret.
    if (/PASSWORD|SECRET|WEBHOOK_URL$/i.test(name)) return [value];
    if (!/_URL$|^DATABASE_URL/.test(name)) return [];
    const password = /^[a-z]+:\/\/[^:/?#]*:([^@/]*)@/.exec(value)?.[1];
    return password === undefined ? [] : [password, decoded(password)];
  });
  return [...new Set(found)].filter((value) => value.length >= SHORTEST);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
