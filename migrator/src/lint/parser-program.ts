import { CODE_PARSER_PROGRAM } from "./code-parser-program.ts";

/**
 * The code of the parser's process. It is text, not a module: it runs under plain Node, from the sources
 * and from the bundled command alike.
 *
 * One request, one answer, then it ends: `{ parser, recorder, recordings: { modules, kysely, … }, texts }`
 * gives a tree or an error for every text and for every statement that a module sends.
 */
export const PARSER_PROGRAM = `
"use strict";
const { Worker } = require("node:worker_threads");

${CODE_PARSER_PROGRAM}
function record({ program, modules, kysely, limit, totalLimit }) {
  const found = modules.map(() => null);
  if (modules.length === 0) return Promise.resolve(found);
  const end = Date.now() + totalLimit;
  return new Promise((resolve) => {
    const start = (from) => {
      let running = from;
      let timer;
      let sent = [];
      const worker = new Worker(program, {
        eval: true,
        env: {},
        stdout: true,
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: 128 },
        workerData: { modules, kysely, from },
      });
      let over = false;
      const next = (reason) => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        void worker.terminate();
        found[running] = { statements: sent, partial: [reason] };
        if (running + 1 < modules.length) start(running + 1);
        else resolve(found);
      };
      worker.on("message", (message) => {
        if (over) return;
        if ("sql" in message) return void sent.push(message.sql);
        clearTimeout(timer);
        if ("finished" in message) {
          found[message.finished] = { statements: sent, partial: message.reasons };
          if (message.finished + 1 < modules.length) return;
          over = true;
          void worker.terminate();
          resolve(found);
          return;
        }
        running = message.started;
        sent = [];
        const left = end - Date.now();
        timer = setTimeout(() => next("it was still running after " + limit / 1000 + " s"), Math.max(1, Math.min(limit, left)));
      });
      worker.on("error", (error) => next("it cannot be recorded: " + error.message));
      worker.on("exit", () => next("it ended the process that records it"));
      // Nobody reads what a migration prints; unread, a full pipe would stop it.
      worker.stdout.resume();
      worker.stderr.resume();
    };
    start(0);
  });
}

process.once("message", async (request) => {
  let answer;
  try {
    const parser = request.parser === null ? null : require(request.parser);
    const [recordings] = await Promise.all([record(request.recordings), parser?.loadModule()]);
    const parse = parser === null ? () => null : parseWith(parser);
    answer = {
      texts: request.texts.map(parse),
      recordings: recordings.map((each) => ({ ...each, trees: each.statements.map(parse) })),
    };
  } catch (error) {
    answer = { failed: error instanceof Error ? error.message : String(error) };
  }
  process.send(answer, () => process.exit(0));
});
`;
