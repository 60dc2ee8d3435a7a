/**
 * Builds and pushes the images of push-images.sh; prints them by digest as JSON.
 *
 * Usage: node --import tsx scripts/deploy/push-images.mjs BUILD_STACK REGISTRY
 */
import { spawnSync } from "node:child_process";
import { imagesOf, plannedBuilds } from "./planned-builds.mjs";

const [buildStack, registry] = process.argv.slice(2);
if (buildStack === undefined || registry === undefined) {
  process.stderr.write(
    "usage: node --import tsx scripts/deploy/push-images.mjs BUILD_STACK REGISTRY\n",
  );
  process.exit(2);
}

try {
  const builds = await plannedBuilds(buildStack);
  process.stdout.write(`${JSON.stringify(imagesOf(builds, publish))}\n`);
} catch (error) {
  process.stderr.write(`push-images: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** @returns {string} the image by digest */
function publish({ name, tag, build }) {
  const repository = `${registry}/${name}`;
  const reference = `${repository}:${tag}`;
  if (docker(["pull", "--quiet", reference], { mayFail: true })) {
    process.stderr.write(`${reference} is in the registry already\n`);
  } else {
    docker([
      "build",
      "--tag",
      reference,
      "--file",
      build.dockerfile,
      ...Object.entries(build.args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
      ...(build.platform === undefined ? [] : ["--platform", build.platform]),
      build.context,
    ]);
    docker(["push", "--quiet", reference]);
  }
  return digestOf(repository, reference);
}

/** Docker's own output goes to standard error: standard output is the JSON. */
function docker(args, { mayFail = false } = {}) {
  const { status, error } = spawnSync("docker", args, {
    stdio: ["ignore", 2, mayFail ? "ignore" : 2],
  });
  if (error !== undefined) throw new Error(`docker cannot be started: ${error.message}`);
  if (status !== 0 && !mayFail)
    throw new Error(`docker ${args.slice(0, 1).join(" ")} failed for ${args.join(" ")}`);
  return status === 0;
}

/** What the registry calls the image: the same tag may lead elsewhere tomorrow. */
function digestOf(repository, reference) {
  const { stdout } = spawnSync(
    "docker",
    ["image", "inspect", "--format", "{{json .RepoDigests}}", reference],
    { encoding: "utf8" },
  );
  const found = JSON.parse(stdout || "[]").find((digest) =>
    digest.startsWith(`${repository}@sha256:`),
  );
  if (found === undefined) throw new Error(`Docker knows no digest of ${reference} after its push`);
  return found;
}
