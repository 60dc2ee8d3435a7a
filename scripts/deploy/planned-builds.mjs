import { loadPlatformFile } from "../../config/load-file.ts";

/**
 * The images that a stack builds, each once, with the keys of the configuration that name it.
 *
 * @typedef {object} PlannedBuild
 * @property {string} name of the image in a registry
 * @property {string} tag a digest of everything that it is built from
 * @property {import("../../config/spec.ts").ImageBuildSpec} build
 * @property {string[]} services that run it
 * @property {boolean} isMigrator whether it is the runner's
 *
 * @param {string} stack
 * @returns {Promise<PlannedBuild[]>}
 */
export async function plannedBuilds(stack) {
  const spec = await loadPlatformFile(stack);
  const images = [
    { image: spec.images.migrator },
    ...spec.services.map(({ image, name }) => ({ image, service: name })),
  ];
  const byReference = new Map();
  for (const { image, service } of images) {
    if (image.build === undefined) continue;
    const planned = byReference.get(image.reference) ?? {
      ...nameAndTag(image.reference),
      build: image.build,
      services: [],
      isMigrator: false,
    };
    if (service === undefined) planned.isMigrator = true;
    else planned.services.push(service);
    byReference.set(image.reference, planned);
  }
  return [...byReference.values()];
}

/** `localhost:5000/path/name:tag` → name and tag. */
function nameAndTag(reference) {
  const last = reference.slice(reference.lastIndexOf("/") + 1);
  const [name, tag] = last.split(":");
  return { name, tag };
}

/**
 * What IMAGES of lib.sh holds.
 *
 * @param {readonly PlannedBuild[]} builds
 * @param {(build: PlannedBuild) => string | undefined} referenceOf by digest; undefined: not named
 * @returns {{ migrator?: string; services: Record<string, string> }}
 */
export function imagesOf(builds, referenceOf) {
  const images = { services: {} };
  for (const planned of builds) {
    const reference = referenceOf(planned);
    if (reference === undefined) continue;
    if (planned.isMigrator) images.migrator = reference;
    for (const service of planned.services) images.services[service] = reference;
  }
  return images;
}
