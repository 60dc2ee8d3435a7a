#!/usr/bin/env node
// npm links this file when it installs, before the runner is built; so it lies in git, and the runner
// in dist.
"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const runner = path.join(__dirname, "..", "dist", "migrator.cjs");
if (existsSync(runner)) {
  require(runner);
} else {
  process.stderr.write(
    `migrator: the runner is not built (${runner} is missing). Run \`npm run build\` in the repository's root\n`,
  );
  process.exitCode = 2;
}
