import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "./project-copy.ts";

const run = promisify(execFile);

const SERVICE = "examples/battlescope/service";

/** Images by digest, in a registry that the cluster pulls from. */
export interface Images {
  /** The runner, as `npm run build` makes it of this checkout. */
  readonly migrator: string;
  /** The sample service; each version is another image with another `SERVICE_VERSION`. */
  readonly service: (version: string) => Promise<string>;
  /**
   * A Postgres image of a major version whose server logs every statement (`log_statement = all`), for
   * the search for secrets; of this machine's Docker engine only.
   */
  readonly postgres: (major: number) => Promise<string>;
}

/** Builds the runner's image and gives what builds the others; Docker's cache makes it cheap. */
export async function buildImages(registry: string): Promise<Images> {
  await run(process.execPath, [join(PROJECT, "scripts/build.mjs")]);
  const migrator = await push(`${registry}/e2e/migrator:e2e`, join(PROJECT, "migrator/dist/image"));
  const services = new Map<string, Promise<string>>();
  return {
    migrator,
    service: async (version) => {
      const known =
        services.get(version) ??
        push(`${registry}/e2e/service:${version}`, join(PROJECT, SERVICE), [
          "--build-arg",
          `VERSION=${version}`,
        ]);
      services.set(version, known);
      return await known;
    },
    postgres: loggingPostgres,
  };
}

/**
 * Builds an image, pushes it, and gives its reference by digest.
 *
 * @param args further options of `docker build`
 */
export async function push(
  tag: string,
  context: string,
  args: readonly string[] = [],
): Promise<string> {
  // A tag of this run's own: of two runs side by side one would push what the other has built.
  const own = `${tag}-${process.pid}`;
  await run("docker", ["build", "--quiet", "--tag", own, ...args, context]);
  const { stdout } = await run("docker", ["push", own]);
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
  if (digest === undefined) throw new Error(`docker push ${tag} named no digest:\n${stdout}`);
  return `${tag.slice(0, tag.lastIndexOf(":"))}@${digest}`;
}

async function loggingPostgres(major: number): Promise<string> {
  const tag = `tidegate-e2e-postgres:${major}`;
  const folder = await mkdtemp(join(tmpdir(), "tidegate-e2e-image-"));
  try {
    await writeFile(
      join(folder, "Dockerfile"),
      `FROM postgres:${major}\nCMD ["postgres", "-c", "log_statement=all"]\n`,
    );
    await run("docker", ["build", "--quiet", "--tag", tag, folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tag;
}
