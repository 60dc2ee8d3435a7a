/** Writes one JSON line; fields must not hold secrets. */
export type Log = (
  level: "info" | "error",
  event: string,
  fields?: Readonly<Record<string, string | number | readonly string[]>>,
) => void;

/** The only place that prints. */
export function makeLog(service: string, version: string): Log {
  return (level, event, fields = {}) => {
    const line = { time: new Date().toISOString(), level, event, service, version, ...fields };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}
