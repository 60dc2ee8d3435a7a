import { wantsColour } from "./colours.ts";
import { runCli } from "./run-cli.ts";

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
