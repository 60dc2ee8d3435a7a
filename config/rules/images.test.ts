import { describe, expect, test } from "vitest";
import { buildKey, HOST_PLATFORM } from "../images/plan.ts";
import { CONTEXT, DIGEST, INPUTS, problemsIn, VALID } from "../test-platform.ts";
import type { Tree } from "../tree.ts";

const { registry: _, ...WITHOUT_REGISTRY } = VALID;
const named: Tree = { images: { migrator: `ghcr.io/acme/migrator@${DIGEST}` } };
const built: Tree = {
  services: { api: { build: { context: "services/api" }, databases: { auth: "app" } } },
};

describe("what is built here has a registry to go to", () => {
  test("without one, everything that is built is named", () => {
    expect(
      problemsIn({ ...WITHOUT_REGISTRY, ...built }, { inputs: inputsWith("0".repeat(32)) }),
    ).toEqual([
      "registry: is missing: images are built here for the migrator (or name it in images.migrator), api; name the registry that they are pushed to, such as localhost:5000",
    ]);
  });

  test("a stack whose images are all named needs none", () => {
    expect(problemsIn({ ...WITHOUT_REGISTRY, ...named })).toEqual([]);
  });

  test("a registry with a scheme is refused", () => {
    expect(problemsIn({ ...VALID, registry: "https://ghcr.io" })).toEqual([
      'registry: "https://ghcr.io" is no registry: give host, port and path without a scheme, such as "localhost:5000"',
    ]);
  });
});

describe("what cannot be built is reported at the key that names it", () => {
  test("the runner's image, with the command that writes its context", () => {
    const digests = new Map([
      [migratorKey(), { problems: ['there is no folder "migrator/dist/image" to build from'] }],
    ]);
    expect(problemsIn(VALID, { inputs: { ...INPUTS, digests } })).toEqual([
      'images.migrator: there is no folder "migrator/dist/image" to build from; npm run build writes it',
    ]);
  });

  test("a service's image", () => {
    const digests = new Map([
      ...INPUTS.digests,
      [apiKey(), { problems: ['there is no Dockerfile "services/api/Dockerfile"'] }] as const,
    ]);
    expect(problemsIn({ ...VALID, ...built }, { inputs: { ...INPUTS, digests } })).toEqual([
      'services.api.build: there is no Dockerfile "services/api/Dockerfile"',
    ]);
  });

  test("a build without a context is one problem, not two", () => {
    expect(problemsIn({ ...VALID, services: { api: { build: { args: { A: 1 } } } } })).toEqual([
      "services.api.build.context: is missing",
    ]);
  });
});

test("Tidegate's own images are named by digest", () => {
  expect(
    problemsIn({ ...VALID, images: { migrator: "ghcr.io/acme/migrator:1", gate: `x@${DIGEST}` } }),
  ).toEqual([
    'images.migrator: "ghcr.io/acme/migrator:1" has no digest, so that what runs could change behind the stack\'s back: give ghcr.io/acme/migrator:1@sha256:… (docker buildx imagetools inspect ghcr.io/acme/migrator:1)',
  ]);
});

function apiKey(): string {
  return buildKey({
    context: "services/api",
    dockerfile: "services/api/Dockerfile",
    args: {},
    platform: HOST_PLATFORM,
  });
}

function migratorKey(): string {
  return [...CONTEXT.inputs.digests.keys()][0] ?? "";
}

function inputsWith(digest: string) {
  return { ...INPUTS, digests: new Map([...INPUTS.digests, [apiKey(), { value: digest }]]) };
}
