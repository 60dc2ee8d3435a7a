/** What ends a run: Ctrl-C, `kill`, and the end of the terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How often the parent is looked for, in milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * Runs `use` with a signal that is aborted when this process is asked to end. Signals after the first are
 * ignored: a terminal's Ctrl-C comes twice, from it and from npm, and ending has a bound of its own.
 */
export async function withStopSignal<T>(use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const name of SIGNALS) process.on(name, stop);
  // Whoever read our output is gone, as with `npm run dev | head`.
  process.stdout.on("error", stop);
  // `kill` of npm ends the shell between npm and us, which hands nothing on.
  const parent = process.ppid;
  const orphaned = setInterval(() => {
    if (process.ppid !== parent) stop();
  }, LOOK_EVERY_MS);
  const watched = process.env["npm_lifecycle_event"] !== undefined;
  orphaned.unref();
  if (!watched) clearInterval(orphaned);
  try {
    return await use(controller.signal);
  } finally {
    clearInterval(orphaned);
    for (const name of SIGNALS) process.off(name, stop);
  }
}
