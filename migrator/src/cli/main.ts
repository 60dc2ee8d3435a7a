import { wantsColour } from "./colours.ts";
import { runCli } from "./run-cli.ts";

// Behind `| head -1` nobody reads any more. A migration that is under way is not stopped for that: what it
// would say is lost, and the exit code still tells how it ended.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

void runCli({
  argv: process.argv.slice(2),
  env: process.env,
  streams: {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  },
  terminal: process.stdout.isTTY,
  colour: wantsColour(process.env, process.stdout.isTTY),
}).then((code) => {
  // A migration that was stopped may have left a timer or a socket, which would keep the process alive;
  // an exit before both streams are flushed would cut off what is written to a pipe.
  process.stdout.write("", () => {
    process.stderr.write("", () => process.exit(code));
  });
});
