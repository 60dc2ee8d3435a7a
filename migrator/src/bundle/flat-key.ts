import { sha256 } from "./source-text.ts";

/**
 * The longest key of a ConfigMap.
 * Source: `IsConfigMapKey` in Kubernetes, 253 characters of `[-._a-zA-Z0-9]`, not `.`, not `..…`.
 */
const LONGEST_KEY = 253;

/**
 * Turns a relative path into a key of a ConfigMap; two paths never share one. `/` becomes `--`, `-`
 * becomes `-_`, and any other character that keys refuse becomes `-` and its UTF-8 bytes in hex:
 * `rollback/0013_rollback.sql` is `rollback--0013_rollback.sql`.
 */
export function flatKey(path: string): string {
  const key = Array.from(path, (char, index) => {
    if (char === "/") return "--";
    if (char === "-") return "-_";
    if (/[A-Za-z0-9_]/.test(char) || (char === "." && index > 0)) return char;
    return Array.from(Buffer.from(char), (byte) => `-${byte.toString(16).padStart(2, "0")}`).join(
      "",
    );
  }).join("");
  if (key.length <= LONGEST_KEY) return key;
  // "-x" begins no escape, so that a shortened key equals no whole one.
  const digest = `-x${sha256(path)}`;
  return key.slice(0, LONGEST_KEY - digest.length) + digest;
}
