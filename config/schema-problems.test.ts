import { describe, expect, test } from "vitest";
import { changed, problemsIn, type Row } from "./test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "an unknown key at the top",
    { regsitry: "localhost:5000" },
    [
      'regsitry: there is no such key; did you mean "registry"? allowed here: namespace, context, registry, images, server, provisioning, passwords, migrationNamespace, networkPolicies, monitoring, notifications, defaults, databases, services, rollback',
    ],
  ],
  [
    "an unknown key far below",
    { services: { api: { probes: { live: "/x" } } } },
    ["services.api.probes.live: there is no such key; allowed here: liveness, readiness"],
  ],
  [
    "an unknown key in one form of several",
    { services: { api: { databases: { auth: { rol: "app" } } } } },
    [
      'services.api.databases.auth.rol: there is no such key; did you mean "role"? allowed here: role, connection, prefix, existingSecret',
    ],
  ],
  [
    "a database without a value",
    { databases: { auth: null } },
    ["databases.auth: must be an object with keys, not empty"],
  ],
  [
    "a mistake in the defaults, once and not for every service",
    { defaults: { service: { replicas: -1, prot: 1 } } },
    [
      "defaults.service.replicas: must be a whole number, 0 or more",
      'defaults.service.prot: there is no such key; did you mean "port"? allowed here: image, build, port, replicas, env, secretEnv, envFrom, resources, probes, rolloutTimeout, scheduling, imagePullSecrets, sidecars, serviceAccount, databases, passwordGeneration, waitsFor, after, schema, gateTimeout, dev',
    ],
  ],
];

describe("an unknown or misshapen key is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});
