/**
 * A value that the rules have found to be there.
 *
 * @throws Error when a rule is missing: a mistake of this program, not of the configuration
 */
export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no rule made sure that there is ${what}`);
  return value;
}
