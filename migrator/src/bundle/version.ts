const PREFIX = /^\d+/;

/**
 * The number that a version begins with, without leading zeros (`0013_add_email` gives `13`), or
 * `null` where it begins with none.
 */
export function versionNumber(version: string): string | null {
  const digits = PREFIX.exec(version)?.[0];
  if (digits === undefined) return null;
  return digits.replace(/^0+(?=\d)/, "");
}

/**
 * Orders versions by their number, compared as an integer of any length, then by the rest of the
 * name. A version without a number stands behind all that have one. Negative: `a` is the older.
 */
export function compareVersions(a: string, b: string): number {
  const left = versionNumber(a);
  const right = versionNumber(b);
  if (left === null || right === null) {
    return left === right ? compareText(a, b) : left === null ? 1 : -1;
  }
  // Digit strings without leading zeros: the longer is the greater. A `Number` would take two
  // timestamps of 17 digits for equal.
  if (left.length !== right.length) return left.length - right.length;
  return (
    compareText(left, right) ||
    compareText(a.replace(PREFIX, ""), b.replace(PREFIX, "")) ||
    compareText(a, b)
  );
}

/** Whether `version` is `minimum` or newer. */
export function isAtLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0;
}

/** By code unit: `localeCompare` orders differently from one machine's locale to the next. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** In the order of their first ones. Made once: to look for each one's group took a folder of thousands seconds. */
export function groupByNumber<T extends { readonly name: string }>(
  migrations: readonly T[],
): ReadonlyMap<string | null, readonly T[]> {
  const groups = new Map<string | null, T[]>();
  for (const migration of migrations) {
    const number = versionNumber(migration.name);
    const group = groups.get(number);
    if (group === undefined) groups.set(number, [migration]);
    else group.push(migration);
  }
  return groups;
}
