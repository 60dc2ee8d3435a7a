/**
 * The code of the worker that records what TypeScript migrations send. It is text, not a module: it runs
 * under plain Node, from the sources and from the bundled command alike.
 *
 * It answers Kysely's queries without a database. Parameters are left out: they may hold what a
 * migration reads at run time. `rows` tells when somebody looks into it, because what the code does
 * after that depends on a database.
 */
export const RECORDER_PROGRAM = `
"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { compileFunction } = require("node:vm");
const { createRequire, isBuiltin } = require("node:module");
const { pathToFileURL } = require("node:url");
const nodeRequire = createRequire("file:///migration.cjs");

function emptyRows(onRead) {
  return new Proxy([], {
    get(target, key, receiver) {
      // An await asks every value for then.
      if (key !== "then") onRead();
      return Reflect.get(target, key, receiver);
    },
  });
}

async function loadKysely({ beside, packages }) {
  if (beside !== null) return (await import(pathToFileURL(beside).href)).KYSELY_MODULES;
  const loaded = {};
  for (const [name, path] of Object.entries(packages)) loaded[name] = await import(pathToFileURL(path).href);
  return loaded;
}

function evaluate(modules, file, text) {
  const requireAllowed = (name) => {
    if (Object.hasOwn(modules, name)) return modules[name];
    if (isBuiltin(name)) return nodeRequire(name);
    throw new Error("it imports " + name);
  };
  const module = { exports: {} };
  const names = ["exports", "require", "module", "__filename", "__dirname"];
  const values = [module.exports, requireAllowed, module, file, "."];
  Reflect.apply(compileFunction(text, names, { filename: file }), undefined, values);
  return module.exports.up;
}

async function record(modules, { file, text }, reasons) {
  const sent = (sql) => parentPort.postMessage({ sql });
  const { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } = modules.kysely;
  const nothing = async () => {};
  const connection = {
    executeQuery: async ({ sql }) => {
      sent(sql);
      const rows = emptyRows(() => reasons.add("it reads results of a query"));
      return { rows, numAffectedRows: 0n };
    },
    async *streamQuery({ sql }) {
      sent(sql);
      reasons.add("it reads results of a query");
    },
  };
  const driver = {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  };
  const db = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (handle) => new PostgresIntrospector(handle),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  const up = evaluate(modules, file, text);
  await db.transaction().execute((transaction) => up(transaction));
}

// What a migration leaves running must not end the recording of the others.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

void (async () => {
  const modules = await loadKysely(workerData.kysely);
  for (const [index, module] of workerData.modules.entries()) {
    if (index < workerData.from) continue;
    parentPort.postMessage({ started: index });
    const reasons = new Set();
    try {
      await record(modules, module, reasons);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      reasons.add("it throws without a database: " + message.split("\\n")[0].slice(0, 200));
    }
    parentPort.postMessage({ finished: index, reasons: [...reasons] });
  }
})();
`;
