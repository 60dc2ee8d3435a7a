/**
 * Prints the images that a stack runs now, for IMAGES of lib.sh: of those that a deploy builds, and of
 * those named by digest. Nothing where there is none, as before a first deploy.
 *
 * Usage: pulumi stack export --stack STACK | node --import tsx scripts/deploy/deployed-images.mjs BUILD_STACK
 */
import { plannedBuilds } from "./planned-builds.mjs";
import { readStackState } from "./stack-state.mjs";

const [buildStack] = process.argv.slice(2);
if (buildStack === undefined) {
  process.stderr.write("usage: node --import tsx scripts/deploy/deployed-images.mjs BUILD_STACK\n");
  process.exit(2);
}

const { objects } = await readStackState();
const builds = await plannedBuilds(buildStack);
const built = new Set(builds.flatMap(({ services }) => services));
const services = Object.fromEntries(
  objects
    .filter(({ kind, name }) => kind === "Deployment" && built.has(name))
    .flatMap(({ name, containers }) => byDigest(name, containers, name)),
);
const [migrator] = builds.some(({ isMigrator }) => isMigrator)
  ? objects.flatMap(({ kind, containers }) =>
      kind === "Job" ? byDigest("migrator", containers, "migrate") : [],
    )
  : [];

if (migrator !== undefined || Object.keys(services).length > 0) {
  const images = { ...(migrator !== undefined && { migrator: migrator[1] }), services };
  process.stdout.write(`${JSON.stringify(images)}\n`);
}

/** @returns {[string, string][]} key and image of a container whose image is named by digest, else none */
function byDigest(key, containers, container) {
  const image = containers.find(({ name }) => name === container)?.image;
  return typeof image === "string" && image.includes("@sha256:") ? [[key, image]] : [];
}
