/** SQLSTATEs that have one usual cause here, with what helps. Source: Postgres, appendix A. */
const HINTS: Readonly<Record<string, string>> = {
  "28P01": "the password is not the login's: compare the Secret with the role",
  "28000": "the login may not connect: is it locked?",
  "3D000": "create the database first",
  "42501": "the login lacks a privilege; for the history: GRANT SELECT ON public.migration_history",
  "42P01": "run the database's migrations",
};

/** Why a query or a connection failed, with its code: for probes and logs, without values. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // Node tries each address of a name, and says why only in the parts.
  const parts = error instanceof AggregateError ? error.errors : [error];
  const text = parts
    .filter((part) => part instanceof Error)
    .map((part) => part.message)
    .join(", ");
  const hint = code === undefined ? undefined : HINTS[code];
  return [code, text, hint === undefined ? undefined : `(${hint})`]
    .filter((piece) => piece !== undefined)
    .join(" ");
}
