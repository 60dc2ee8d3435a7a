import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** Iterations of PBKDF2; the default of `scram_iterations` in PostgreSQL. */
const ITERATIONS = 4096;

/**
 * The SCRAM-SHA-256 verifier of a password, in the form that `ALTER ROLE … PASSWORD` takes as it is.
 * With it neither the server's log (`log_statement = ddl`) nor the provider ever sees the password.
 *
 * @param password Printable ASCII: SASLprep, which other passwords would need, leaves that unchanged.
 * @param saltBase64 The salt, in base64; the same salt gives the same verifier, so previews are stable.
 * @throws Error when the password has other characters.
 *
 * Source: RFC 5802, section 3; PostgreSQL, `src/common/scram-common.c`.
 */
export function buildScramVerifier(password: string, saltBase64: string): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error(
      "a password for a SCRAM verifier must be printable ASCII; set `passwords: plain` to send it as it is",
    );
  }
  const salted = pbkdf2Sync(password, Buffer.from(saltBase64, "base64"), ITERATIONS, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${saltBase64}$${storedKey}:${serverKey}`;
}
