import { createHash } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Ignored, parseDockerIgnore } from "./docker-ignore.ts";

/** What is built; paths are relative to the project. */
export interface BuildInput {
  readonly context: string;
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  readonly platform?: string | undefined;
}

/** Characters of the digest in a tag: 128 bits. */
const DIGEST_LENGTH = 32;

/** A context, or a file of it, cannot be read; the message says which and what to do. */
export class BuildInputError extends Error {
  override readonly name = "BuildInputError";
}

/**
 * Digest of everything that makes an image: of the context what its ignore file leaves (paths,
 * contents, executable bits), the Dockerfile, arguments, platform. Not of base images: name those by
 * digest in the Dockerfile.
 *
 * @param projectDir folder that the paths are relative to
 * @throws BuildInputError
 */
export async function buildDigest(projectDir: string, build: BuildInput): Promise<string> {
  const contextDir = join(projectDir, build.context);
  if ((await statOf(contextDir))?.isDirectory() !== true) {
    throw new BuildInputError(`there is no folder "${build.context}" to build from`);
  }
  const dockerfile = await contentOf(join(projectDir, build.dockerfile));
  if (dockerfile === undefined) {
    throw new BuildInputError(`there is no Dockerfile "${build.dockerfile}"`);
  }
  const hash = createHash("sha256");
  const add = (kind: string, name: string, content: string | Buffer): void => {
    // With its length before each part, no two contexts can lead to the same bytes.
    const head = JSON.stringify([kind, name, Buffer.byteLength(content)]);
    hash.update(head).update(content);
  };
  add("dockerfile", "", dockerfile);
  add("platform", "", build.platform ?? "");
  for (const [name, value] of Object.entries(build.args).toSorted(byKey)) add("arg", name, value);
  const ignored = await ignoreFile(projectDir, build);
  for (const path of await filesOf(contextDir, ignored)) await addFile(add, contextDir, path);
  return hash.digest("hex").slice(0, DIGEST_LENGTH);
}

type Add = (kind: string, name: string, content: string | Buffer) => void;

async function addFile(add: Add, contextDir: string, file: ContextFile): Promise<void> {
  const path = join(contextDir, file.path);
  if (file.link) return add("link", file.path, await readlink(path));
  const executable = ((await stat(path)).mode & 0o111) !== 0;
  add(executable ? "executable" : "file", file.path, await readFile(path));
}

/**
 * The ignore file that Docker takes: `<Dockerfile>.dockerignore` wins over the context's.
 * Source: "Dockerfile reference", `.dockerignore` files; `@pulumi/docker` looks in the same order.
 */
async function ignoreFile(projectDir: string, build: BuildInput): Promise<Ignored> {
  for (const name of [`${build.dockerfile}.dockerignore`, join(build.context, ".dockerignore")]) {
    const content = await contentOf(join(projectDir, name));
    if (content === undefined) continue;
    try {
      return parseDockerIgnore(content.toString("utf8"));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BuildInputError(`${name}, ${reason}`, { cause });
    }
  }
  return () => false;
}

interface ContextFile {
  readonly path: string;
  readonly link: boolean;
}

/** Files and links below `dir`, by name; folders that are ignored are entered too, as a later line may except a file in them. */
async function filesOf(dir: string, ignored: Ignored, below = ""): Promise<ContextFile[]> {
  const entries = await readdir(join(dir, below), { withFileTypes: true });
  const files: ContextFile[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesOf(dir, ignored, path)));
    else if (!ignored(path)) files.push({ path, link: entry.isSymbolicLink() });
  }
  return files;
}

async function statOf(path: string) {
  return await stat(path).catch(() => undefined);
}

/** Content of a file; `undefined` where there is none. */
async function contentOf(path: string): Promise<Buffer | undefined> {
  return (await statOf(path))?.isFile() === true ? await readFile(path) : undefined;
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
