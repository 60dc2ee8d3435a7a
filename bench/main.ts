import { writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { measureAll } from "./measure-all.ts";
import { assertMeasurable } from "./measure.ts";
import { HELP, readOptions } from "./options.ts";
import { page } from "./page.ts";
import { CACHE, PROJECT } from "./paths.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
  } else {
    await assertMeasurable();
    await mkdir(CACHE, { recursive: true });
    const text = page(await measureAll(options, say));
    process.stdout.write(text);
    if (options.write) {
      await writeFile(join(PROJECT, "docs/benchmark.md"), text);
      say("written: docs/benchmark.md");
    }
  }
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
