import { messageOf } from "./migrator-error.ts";

/** SQLSTATEs that the runner acts on. Source: "PostgreSQL Error Codes" of the manual, appendix A. */
export const SQLSTATE = {
  notNullViolation: "23502",
  uniqueViolation: "23505",
  invalidPassword: "28P01",
  invalidAuthorization: "28000",
  noSuchDatabase: "3D000",
  insufficientPrivilege: "42501",
  undefinedTable: "42P01",
  undefinedColumn: "42703",
  queryCanceled: "57014",
  lockNotAvailable: "55P03",
  idleInTransaction: "25P03",
  serializationFailure: "40001",
  deadlock: "40P01",
  internalError: "XX000",
} as const;

/** What an error of the driver may carry; every field is checked before use. */
export interface DriverError {
  readonly code?: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly table?: string;
  readonly column?: string;
  readonly where?: string;
  readonly severity?: string;
}

/** Reads the fields of a driver's error off anything thrown. */
export function driverError(error: unknown): DriverError {
  const fields: Record<string, string> = {};
  if (typeof error === "object" && error !== null) {
    for (const key of [
      "code",
      "detail",
      "hint",
      "position",
      "table",
      "column",
      "where",
      "severity",
    ]) {
      const value: unknown = Reflect.get(error, key);
      if (typeof value === "string") fields[key] = value;
    }
  }
  return { ...fields, message: messageOf(error) };
}

const LOST_SOCKET = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // A Service's name may resolve a moment after its pod is scheduled.
  "EAI_AGAIN",
  "ENOTFOUND",
]);

const LOST_SESSION = new Set([
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now: the server is starting
  "53300", // too_many_connections
]);

/** Messages by which the driver says that there is no connection; they carry no code. */
const LOST_MESSAGE =
  /^(timeout expired|Connection terminated|Client has encountered a connection error|Client was closed|connection closed: )/;

/** The connection was not made, or is gone; another one may work. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  const { code, message } = driverError(error);
  if (code !== undefined && (LOST_SOCKET.has(code) || LOST_SESSION.has(code))) return true;
  return code?.startsWith("08") === true || LOST_MESSAGE.test(message);
}

/** The server gave up on a transaction because of somebody else's; the same again may work. */
export function isConflict(error: unknown): boolean {
  const { code, message } = driverError(error);
  switch (code) {
    case SQLSTATE.lockNotAvailable:
    case SQLSTATE.deadlock:
    case SQLSTATE.serializationFailure:
      return true;
    case SQLSTATE.internalError:
      return /^tuple concurrently (updated|deleted)/.test(message);
    default:
      return false;
  }
}
