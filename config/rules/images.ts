import { buildsMigrator } from "../images/plan.ts";
import type { Path, Problem } from "../problem.ts";
import { type Checked, problem } from "./rule.ts";

/**
 * Source: the grammar of references in the OCI distribution's `reference` package: host and port,
 * path, tag, digest.
 */
const REFERENCE =
  /^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?@sha256:[0-9a-f]{64}$/;

/** What was not built here is named by digest, and what is built here has a registry to go to. */
export function checkImages({ config }: Checked): readonly Problem[] {
  const named = Object.entries(config.services).flatMap(([name, { image }]) =>
    byDigest(["services", name, "image"], image),
  );
  const runners = Object.entries(config.databases).flatMap(([name, { runner }]) => {
    const path = ["databases", name, "runner"];
    const { history } = runner ?? {};
    return [
      ...byDigest([...path, "image"], runner?.image),
      ...(typeof history === "object" && "command" in history
        ? byDigest([...path, "history", "image"], history.image)
        : []),
    ];
  });
  const builds = [
    ...Object.entries(config.services).map(([name, { build }]) => ({ name, build })),
    ...Object.entries(config.databases).map(([name, { runner }]) => ({
      name: `the runner of ${name}`,
      build: runner?.build,
    })),
  ].filter(({ build }) => build !== undefined);
  return [
    ...byDigest(["images", "migrator"], config.images.migrator),
    ...byDigest(["images", "gate"], config.images.gate),
    ...named,
    ...runners,
    ...(config.registry === undefined
      ? needsRegistry(
          buildsMigrator(config),
          builds.map(({ name }) => name),
        )
      : []),
  ];
}

function byDigest(path: Path, reference: string | undefined): Problem[] {
  if (reference === undefined || REFERENCE.test(reference)) return [];
  const [name] = reference.split("@");
  return [
    problem(
      path,
      /^[^@\s]+(@sha256:[0-9a-f]{64})?$/.test(reference) && !reference.includes("@")
        ? `"${reference}" has no digest, so that what runs could change behind the stack's back: give ${name}@sha256:… (docker buildx imagetools inspect ${name})`
        : `"${reference}" is no image by digest: repository@sha256: and 64 hexadecimal digits`,
    ),
  ];
}

function needsRegistry(migrator: boolean, services: readonly string[]): Problem[] {
  const built = [
    ...(migrator ? ["the migrator (or name it in images.migrator)"] : []),
    ...services,
  ];
  if (built.length === 0) return [];
  return [
    problem(
      ["registry"],
      `is missing: images are built here for ${built.join(", ")}; name the registry that they are pushed to, such as localhost:5000`,
    ),
  ];
}
