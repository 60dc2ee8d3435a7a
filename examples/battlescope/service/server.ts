import { makeDatabase } from "./database.ts";
import { describeFailure } from "./failure.ts";
import { makeHttpServer } from "./http-server.ts";
import { makeLog, type Log } from "./log.ts";
import { makeRoutes } from "./routes.ts";
import { SCHEMA_VERSIONS } from "./schema-versions.ts";
import { readSettings, SettingsError, type Settings } from "./settings.ts";
import { stop } from "./shutdown.ts";

/** Starts the service; it ends with SIGTERM or SIGINT. */
function start(settings: Settings, log: Log): void {
  let stopping = false;
  const isStopping = (): boolean => stopping;
  const databases = settings.connections.map((connection) =>
    makeDatabase({
      connection,
      applicationName: settings.applicationName,
      onIdleError: (error) =>
        log("error", "connection-lost", {
          database: connection.database,
          reason: describeFailure(error),
        }),
    }),
  );
  const lastFailure = new Map<string, string>();
  const server = makeHttpServer({
    routes: makeRoutes({
      service: settings.service,
      version: settings.version,
      databases,
      schemaVersions: SCHEMA_VERSIONS,
      isStopping,
      onFailure: (path, reasons) => {
        // A probe asks every few seconds: one line for each new reason, not for each question.
        const text = reasons.join("; ");
        if (text !== "" && text !== lastFailure.get(path))
          log("error", "unavailable", { path, reasons });
        lastFailure.set(path, text);
      },
    }),
    isStopping,
    onError: (error) => log("error", "request-failed", { reason: describeFailure(error) }),
  });

  const fail = (event: string, error: unknown): void => {
    log("error", event, { reason: describeFailure(error) });
    process.exit(1);
  };
  server.on("error", (error) => fail("listen-failed", error));
  server.listen(settings.port, () => {
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : settings.port;
    log("info", "started", { port, databases: databases.map(({ name }) => name) });
  });

  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log("info", "stopping", { signal });
    stop(server, databases).then(
      () => log("info", "stopped"),
      (error: unknown) => fail("stop-failed", error),
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

const log = makeLog(process.env["SERVICE_NAME"] ?? "", process.env["SERVICE_VERSION"] ?? "dev");
try {
  start(readSettings(process.env), log);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  log("error", "not-started", { reason: error.message });
  process.exitCode = 2;
}
