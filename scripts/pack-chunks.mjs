import { transform } from "esbuild";

/**
 * Packs the chunks of a build with code splitting into two CommonJS files: what every run needs, and what
 * is loaded when it is asked for. esbuild splits ES modules only, and into dozens of files, each of which
 * costs a start as much as it saves; one file costs every start the reading of all commands (20 ms a
 * megabyte, measured on Node 24).
 *
 * @param {ReadonlyMap<string, string>} chunks file name to text, as ES modules that import each other
 * @param {{ entry: string; first: ReadonlySet<string>; rest: string; target: string }} how `entry` runs
 *   first; `first` are the chunks of its file; the others go into the file `rest` beside it
 * @returns {Promise<{ entry: string; rest: string }>} the two texts
 */
export async function packChunks(chunks, { entry, first, rest, target }) {
  const parts = await Promise.all(
    [...chunks].toSorted(byName).map(async ([name, text]) => {
      const { code } = await transform(text, {
        format: "cjs",
        platform: "node",
        target,
        minify: true,
        charset: "ascii",
        supported: { "dynamic-import": false },
        // Read where the command runs from its sources only; the bundle has __filename.
        logOverride: { "empty-import-meta": "silent" },
      });
      return { name: `./${name}`, isFirst: first.has(name), code };
    }),
  );
  const now = parts.filter(({ isFirst }) => isFirst);
  const later = parts.filter(({ isFirst }) => !isFirst);
  return {
    entry: `"use strict";
const parts=${printed(now)};
const later=new Set(${JSON.stringify(later.map(({ name }) => name))});
const modules=Object.create(null);
const load=(name)=>{
if(name in modules)return modules[name].exports;
if(later.delete(name)){
Object.assign(parts,require(${JSON.stringify(`./${rest}`)}));
later.clear();
}
if(!Object.hasOwn(parts,name))return require(name);
const module=modules[name]={exports:{}};
parts[name](module.exports,load,module);
return module.exports;
};
load(${JSON.stringify(`./${entry}`)});
`,
    rest: `"use strict";\nmodule.exports=${printed(later)};\n`,
  };
}

/**
 * In parentheses: V8 then compiles a function at once, which it would otherwise read twice.
 *
 * @param {readonly { name: string; code: string }[]} parts
 */
function printed(parts) {
  const entries = parts.map(
    ({ name, code }) => `${JSON.stringify(name)}:(function(exports,require,module){${code}})`,
  );
  return `{\n${entries.join(",\n")}\n}`;
}

/**
 * @param {readonly [string, string]} a
 * @param {readonly [string, string]} b
 */
function byName([a], [b]) {
  return a < b ? -1 : 1;
}
