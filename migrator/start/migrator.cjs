// Where the command starts. It hands V8 the compiled code that lies in the image (write-code-cache.cjs
// makes it there): to compile job.cjs takes a quarter of the CPU of a run with nothing to do.
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");
const { Script } = require("node:vm");

const filename = path.join(__dirname, "job.cjs");
// The build writes ASCII only, which is read fastest so.
const text = readFileSync(filename, "latin1");
const parameters = "exports,require,module,__filename,__dirname";

/** Absent beside a build that is no image; of another Node than this, V8 itself reads past it. */
function codeCache() {
  try {
    return readFileSync(`${filename}.cache`);
  } catch {
    return undefined;
  }
}

const script = new Script(`(function(${parameters}){${text}\n})`, {
  filename,
  cachedData: codeCache(),
});

// Before it runs: its own program may end the process.
module.exports = script;
script.runInThisContext()({}, require, { exports: {} }, filename, __dirname);
