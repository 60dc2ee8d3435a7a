import { MigratorError } from "../migrator-error.ts";
import { driverError, isConnectionLost, SQLSTATE } from "../sqlstate.ts";
import { ConnectionLost } from "./session.ts";
import { addressOf, type ConnectionSettings } from "./settings.ts";

/**
 * Runs `work` and turns the driver's errors into ours: a lost connection into one that the retry knows,
 * any other answer of the server into one that names the database and what to do.
 */
export async function explained<T>(
  settings: ConnectionSettings,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MigratorError) throw error;
    const { code, message, detail, hint } = driverError(error);
    const at = addressOf(settings);
    if (isConnectionLost(error)) {
      throw new ConnectionLost(
        "connection",
        `${at}: the connection was lost: ${message}`,
        { next: "look at the server's log" },
        { cause: error },
      );
    }
    if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) throw error;
    throw new MigratorError(
      "refused",
      `${at} as ${settings.user}: ${message}`,
      {
        sqlstate: code,
        ...(detail === undefined ? {} : { detail }),
        ...(hint === undefined ? {} : { hint }),
        ...(code === SQLSTATE.insufficientPrivilege
          ? { next: "run as the owner of the database, or give this login what it lacks" }
          : {}),
      },
      { cause: error },
    );
  }
}
