// Writes job.cjs.cache: V8's code cache of the command, for this very Node. The image's build runs it.
// What it holds is what has run when it is written, so the command runs here as in a Job, up to a server
// that is not there: reading arguments and the folder, connecting, failing, printing.
"use strict";

const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");

const folder = mkdtempSync(path.join(tmpdir(), "code-cache-"));
const migration = {
  checksum: "sql1:0",
  delivered: "001.sql",
  down: null,
  file: "001.sql",
  kind: "sql",
  name: "001",
  phase: "expand",
  statements: [[0, 9, 1]],
  transaction: true,
};
const manifest = { format: 1, files: { "001.sql": "0" }, migrations: [migration] };
writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest));

// A variable of the build's own could name another server.
for (const name of Object.keys(process.env)) delete process.env[name];
// Port 1 is nobody's (tcpmux), and nothing listens on it in a container that is being built.
process.env.DATABASE_URL = "postgres://nobody:none@127.0.0.1:1/none";
process.argv.push("up", "--migrations", folder, "--deadline", "0.3");

let said = "";
process.stdout.write = (chunk, ...rest) => {
  said += chunk;
  rest.findLast((each) => typeof each === "function")?.();
  return true;
};

const script = require("./migrator.cjs");

process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
  if (said.includes('"kind":"connection"')) {
    writeFileSync(path.join(__dirname, "job.cjs.cache"), script.createCachedData());
    process.exitCode = 0;
  } else {
    process.stderr.write(`no code cache: the command did not come as far as connecting:\n${said}`);
    process.exitCode = 1;
  }
});
