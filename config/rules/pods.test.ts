import { expect, test } from "vitest";
import { changed, DIGEST, problemsIn, type Row } from "../test-platform.ts";

const PROXY = { name: "proxy", image: `registry/proxy@${DIGEST}` };

const ROWS: readonly Row[] = [
  [
    "a toleration that would never match",
    {
      databases: {
        auth: {
          scheduling: {
            tolerations: [
              { value: "x" },
              { key: "a", operator: "Exists", value: "x" },
              { key: "a", tolerationSeconds: 5 },
            ],
          },
        },
      },
    },
    [
      "databases.auth.scheduling.tolerations[0]: has no key: name one, or set operator: Exists to tolerate every taint",
      "databases.auth.scheduling.tolerations[1]: has a value, which operator Exists does not compare: take it out",
      "databases.auth.scheduling.tolerations[2]: has tolerationSeconds, which mean something with effect NoExecute only",
    ],
  ],
  [
    "a sidecar by tag",
    { services: { api: { sidecars: [{ name: "proxy", image: "registry/proxy:latest" }] } } },
    [
      "services.api.sidecars[0].image: must name an image by its digest: repository@sha256:<64 hexadecimal digits>",
    ],
  ],
  [
    "a sidecar with the name of another container, or the service's port",
    {
      databases: { auth: { sidecars: [{ ...PROXY, name: "migrate" }] } },
      services: { api: { sidecars: [PROXY, { ...PROXY, ready: { port: 8080 } }] } },
    },
    [
      'databases.auth.sidecars[0].name: "migrate" is another container of the same pod: rename it',
      'services.api.sidecars[1].name: "proxy" is another container of the same pod: rename it',
      "services.api.sidecars[1].ready.port: 8080 is the service's own port, and a pod's containers share their ports: change one",
    ],
  ],
  [
    "a sidecar that asks for more than it may have",
    {
      services: {
        api: {
          sidecars: [{ ...PROXY, resources: { requests: { cpu: "2" }, limits: { cpu: "100m" } } }],
        },
      },
    },
    ["services.api.sidecars[0].resources.requests.cpu: 2 is more than the limit of 100m"],
  ],
  [
    "an existing account that is not named, or annotated",
    { databases: { auth: { serviceAccount: { create: false, annotations: { a: "b" } } } } },
    [
      "databases.auth.serviceAccount.name: is missing: create: false needs the account that exists",
      "databases.auth.serviceAccount.annotations: cannot be set on an account that exists (create: false)",
    ],
  ],
  [
    "one account made for two databases",
    {
      databases: {
        auth: { serviceAccount: { name: "migrator" } },
        battles: { serviceAccount: { name: "migrator" } },
      },
    },
    [
      'databases.battles.serviceAccount: makes the account "migrator", as does database "auth": set create: false on one of them',
    ],
  ],
  [
    "an unknown kind of affinity",
    { services: { api: { scheduling: { affinity: { nodeAfinity: {} } } } } },
    [
      'services.api.scheduling.affinity.nodeAfinity: there is no such key; did you mean "nodeAffinity"? allowed here: nodeAffinity, podAffinity, podAntiAffinity',
    ],
  ],
];

test.each(ROWS)("%s is refused", (_sentence, change, problems) => {
  expect(problemsIn(changed(change))).toEqual(problems);
});
