import { MigratorError } from "../migrator-error.ts";
import { driverError, SQLSTATE } from "../sqlstate.ts";
import { addressOf, type ConnectionSettings } from "./settings.ts";

/** Node's codes for a certificate that does not verify. Source: "X509 certificate error codes", `node:tls`. */
const TLS_CODES =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO)/;

/** Turns the driver's error on connecting into one that says where, why and what to do. */
export function explainConnectFailure(error: unknown, settings: ConnectionSettings): MigratorError {
  const fields = driverError(error);
  const code = fields.code ?? "";
  const at = `${addressOf(settings)} as ${settings.user}`;
  const fail = (message: string, next: string): MigratorError =>
    new MigratorError(
      "connection",
      message,
      { ...(/^[0-9A-Z]{5}$/.test(code) ? { sqlstate: code } : {}), next },
      { cause: error },
    );

  switch (code) {
    case SQLSTATE.invalidPassword:
      return fail(
        `${at}: ${fields.message}`,
        "check user and password; a new password must be in the variable and in the role",
      );
    case SQLSTATE.invalidAuthorization:
      return fail(
        `${at}: ${fields.message}`,
        "check that the role exists and may log in, and what pg_hba.conf asks of it (TLS?)",
      );
    case SQLSTATE.noSuchDatabase:
      return fail(
        `${at}: ${fields.message}`,
        "create the database first, for example with `migrator bootstrap`; one of a stack that was dropped: `pulumi up --refresh`",
      );
    case SQLSTATE.insufficientPrivilege:
      return fail(
        `${at}: ${fields.message}`,
        `give the login back its membership in a role that may connect, or GRANT CONNECT ON DATABASE ${quoted(settings.database)} TO ${quoted(settings.user)}`,
      );
    default:
      break;
  }
  if (/does not support SSL/i.test(fields.message)) {
    return fail(
      `${at}: the server does not speak TLS`,
      "set sslmode=disable if the network between is yours, or switch TLS on in the server",
    );
  }
  if (TLS_CODES.test(code) || /^(unable to verify|self.signed|certificate)/i.test(fields.message)) {
    return fail(
      `${at}: the server's certificate is refused: ${fields.message}`,
      "give the authority's file as PGSSLROOTCERT (sslrootcert=), and the certificate's name as PGTLSSERVERNAME where it is not the host's",
    );
  }
  if (/client password must be a/.test(fields.message)) {
    return fail(`${at}: the server asks for a password and none is given`, "set the password");
  }
  return fail(
    `${at}: ${fields.message}`,
    `check that a server listens at ${settings.host}:${settings.port} and is reached from here`,
  );
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
