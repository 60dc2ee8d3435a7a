/**
 * Writes a copy of a stack's file in which the images of IMAGES are named; everything else stays, and so
 * do encrypted values.
 *
 * Usage: IMAGES='{"migrator":"…@sha256:…","services":{"bff":"…@sha256:…"}}' \
 *        node scripts/deploy/write-config.mjs Pulumi.STACK.yaml TARGET
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, parseDocument } from "yaml";

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) {
  process.stderr.write("usage: IMAGES=JSON node scripts/deploy/write-config.mjs SOURCE TARGET\n");
  process.exit(2);
}

try {
  write(source, target, readImages(process.env["IMAGES"] ?? ""));
} catch (error) {
  process.stderr.write(`write-config: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function readImages(text) {
  let images;
  try {
    images = JSON.parse(text);
  } catch (cause) {
    throw new Error("IMAGES is no JSON; give what scripts/deploy/push-images.sh prints", { cause });
  }
  const { migrator, services = {}, ...others } = images ?? {};
  const wrong = [migrator, ...Object.values(services)].filter(
    (image) => image !== undefined && !/^\S+@sha256:[0-9a-f]{64}$/.test(image),
  );
  if (Object.keys(others).length > 0)
    throw new Error(
      `IMAGES has an unknown key '${Object.keys(others)[0]}'; it has migrator and services`,
    );
  if (wrong.length > 0) throw new Error(`IMAGES names '${wrong[0]}', which is no image by digest`);
  return { migrator, services };
}

function write(from, to, { migrator, services }) {
  const document = parseDocument(readFileSync(from, "utf8"));
  const folder = dirname(from);
  const { name: project } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8"));
  const key = (part) => ["config", `${project}:${part}`];
  const known = servicesOf(document.toJS().config ?? {}, project, folder);
  if (migrator !== undefined) document.setIn([...key("images"), "migrator"], migrator);
  for (const [service, image] of Object.entries(services)) {
    // A stack need not have every service of the one whose images were built.
    if (!known.has(service)) continue;
    document.setIn([...key("services"), service, "image"], image);
    // One of the two: the other would be refused.
    document.deleteIn([...key("services"), service, "build"]);
  }
  writeFileSync(to, document.toString());
}

/** Names of the services in the stack's own values and in the file that it extends. */
function servicesOf(config, project, folder) {
  const file = config[`${project}:extends`];
  const shared =
    file === undefined ? {} : parse(readFileSync(join(folder, file), "utf8"), { merge: true });
  return new Set([
    ...Object.keys(config[`${project}:services`] ?? {}),
    ...Object.keys(shared?.services ?? {}),
  ]);
}
