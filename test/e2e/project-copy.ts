import { randomBytes, randomInt } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";

/** The repository. It is read, never changed. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** What the program needs, which also builds the images' contents; tests, documents and history are no part of it. */
const NEEDED = [
  "index.ts",
  "package.json",
  "tsconfig.json",
  "components",
  "config",
  "examples",
  "scripts",
  "migrator/bin",
  "migrator/Dockerfile",
  "migrator/.dockerignore",
  "migrator/package.json",
  "migrator/src",
  "migrator/start",
];

/** A copy of the project with a name of its own, in a folder of its own. */
export interface ProjectCopy {
  readonly dir: string;
  /** Name of project, stack and namespace. */
  readonly name: string;
  /** Writes a file, with its folders. */
  readonly write: (path: string, text: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  /** Writes the stack's file; keys without the project's name in front. */
  readonly configure: (config: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Deletes the folder. */
  readonly delete: () => Promise<void>;
}

/** @param part few letters that tell the scenario, part of every name: `e2e-<part>-<random>`. */
export async function copyProject(part: string): Promise<ProjectCopy> {
  const name = `e2e-${part}-${randomBytes(2).toString("hex")}`;
  const dir = await mkdtemp(join(tmpdir(), `${name}-`));
  for (const path of NEEDED) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await cp(join(PROJECT, path), join(dir, path), { recursive: true });
  }
  await symlink(join(PROJECT, "node_modules"), join(dir, "node_modules"));
  const project = await readFile(join(PROJECT, "Pulumi.yaml"), "utf8");
  // Resources carry the project's name, so that Docker's containers and volumes are told apart by it.
  await writeFile(
    join(dir, "Pulumi.yaml"),
    project
      .replace(/^name: tidegate$/m, `name: ${name}`)
      .replaceAll(/^( {2})tidegate:/gm, `$1${name}:`),
  );
  let salt: string | undefined;
  const stackFile = join(dir, `Pulumi.${name}.yaml`);
  return {
    dir,
    name,
    write: async (path, text) => {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    },
    remove: async (path) => await rm(join(dir, path), { recursive: true }),
    configure: async (config) => {
      // The CLI keeps the salt of the stack's key in this file: it must survive.
      const present = await readFile(stackFile, "utf8").catch(() => "");
      salt = /^encryptionsalt: .*$/m.exec(present)?.[0] ?? salt;
      const keys = Object.entries(config).map(([key, value]) => [`${name}:${key}`, value]);
      const text = stringify({ config: Object.fromEntries(keys) as unknown });
      await writeFile(stackFile, salt === undefined ? text : `${salt}\n${text}`);
    },
    delete: async () => await rm(dir, { recursive: true, force: true }),
  };
}

/** A port of 127.0.0.1 that nothing listens on, below those that the system hands out by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
