import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Validation } from "./bench.ts";
import { measure } from "./measure.ts";
import { makeMigrations } from "./migrations.ts";
import { CACHE, NODE, PROJECT } from "./paths.ts";
import { spreadOf } from "./results.ts";
import { writeAsPeopleDo } from "./runners/tidegate.ts";

/** Files in the folder: half of them are ways down. */
const FILES = 5000;
const RUNS = 5;

/** Reads and checks a large folder as people write it, in a process of its own and without a database. */
export async function validate(say: (line: string) => void): Promise<Validation> {
  say(`${FILES} files validated`);
  const folder = join(CACHE, "folders/validated");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeAsPeopleDo(folder, makeMigrations(FILES / 2));
  const walls: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const { wall } = await measure({
      program: NODE,
      args: [
        join(PROJECT, "migrator/dist/image/migrator.cjs"),
        "check",
        "--json",
        "--migrations",
        folder,
      ],
    });
    walls.push(wall);
  }
  const wall = spreadOf(walls);
  if (wall === null) throw new Error("nothing was validated");
  return { files: FILES, wall };
}
