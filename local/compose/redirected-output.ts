import { fstatSync, ftruncateSync, writeSync } from "node:fs";

const STDOUT = 1;

/** Room for the flags behind the script in npm's banner, in bytes. */
const FLAGS = 300;

/**
 * Writes all of the output. `npm run X > file` begins the file with npm's banner, two lines that are no
 * YAML: where the file holds that and nothing else, it is emptied first.
 */
export function writeOutput(text: string, env: NodeJS.ProcessEnv): void {
  const stats = fstatSync(STDOUT);
  const banner = bannerLength(env);
  const onlyBanner =
    stats.isFile() && banner !== undefined && stats.size >= banner && stats.size <= banner + FLAGS;
  if (!onlyBanner) {
    process.stdout.write(text);
    return;
  }
  ftruncateSync(STDOUT, 0);
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    done += writeSync(STDOUT, bytes, done, bytes.length - done, done);
  }
}

/** Length of what npm prints before a script; undefined where no npm runs it, or a silent one. */
function bannerLength(env: NodeJS.ProcessEnv): number | undefined {
  const { npm_package_name: name, npm_package_version: version } = env;
  const { npm_lifecycle_event: event, npm_lifecycle_script: script } = env;
  if (name === undefined || event === undefined || script === undefined) return undefined;
  if (env["npm_config_loglevel"] === "silent") return undefined;
  return Buffer.byteLength(`\n> ${name}@${version ?? ""} ${event}\n> ${script}\n\n`);
}
