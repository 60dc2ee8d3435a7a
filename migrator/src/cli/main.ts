import { runCli } from "./run-cli.ts";

void runCli({
  argv: process.argv.slice(2),
  env: process.env,
  streams: {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  },
  terminal: process.stdout.isTTY,
}).then((code) => {
  // Not process.exit(): what is written to a pipe would be cut off.
  process.exitCode = code;
});
