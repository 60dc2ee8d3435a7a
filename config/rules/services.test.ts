import { describe, expect, test } from "vitest";
import { changed, problemsIn, type Row } from "../test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "an unknown database",
    { services: { api: { databases: { aut: "app" } } } },
    [
      'services.api.databases.aut: there is no database "aut"; did you mean "auth"? (declared: "auth", "battles")',
    ],
  ],
  [
    "an unknown database to wait for",
    { services: { web: { waitsFor: ["shop"] } } },
    ['services.web.waitsFor[0]: there is no database "shop" (declared: "auth", "battles")'],
  ],
  [
    "an unknown service to come after",
    { services: { web: { after: ["apy"] } } },
    [
      'services.web.after[0]: there is no service "apy"; did you mean "api"? (declared: "api", "web")',
    ],
  ],
  [
    "a service that comes after itself",
    { services: { web: { after: ["web"] } } },
    [
      'services.web.after: goes round in a circle, so that none could be first: web → web; take one "after" out',
    ],
  ],
  [
    "a role that is not there",
    { services: { api: { databases: { auth: "admin" } } } },
    ["services.api.databases.auth: must be app, readonly or { role, connection, prefix }"],
  ],
  [
    "no image",
    { services: { cron: {} } },
    ["services.cron.image: is missing: give image (by digest) or build: { context }"],
  ],
  [
    "an image and a build",
    { services: { api: { build: { context: "api" } } } },
    ["services.api.image: and build exclude each other: keep one"],
  ],
  [
    "an image by tag",
    { services: { api: { image: "ghcr.io/acme/api:1.2" } } },
    [
      'services.api.image: "ghcr.io/acme/api:1.2" has no digest, so that what runs could change behind the stack\'s back: give ghcr.io/acme/api:1.2@sha256:… (docker buildx imagetools inspect ghcr.io/acme/api:1.2)',
    ],
  ],
  [
    "a digest that is cut off",
    { services: { api: { image: "ghcr.io/acme/api@sha256:abc" } } },
    [
      'services.api.image: "ghcr.io/acme/api@sha256:abc" is no image by digest: repository@sha256: and 64 hexadecimal digits',
    ],
  ],
  [
    "a name of a variable that no shell takes",
    { services: { api: { env: { "1ST": "x" } } } },
    [
      'services.api.env["1ST"]: "1ST" is no name of an environment variable: letters, digits and underscores, not beginning with a digit',
    ],
  ],
  [
    "a variable of its own connection",
    { services: { api: { env: { DATABASE_URL: "x" } } } },
    [
      'services.api.env.DATABASE_URL: is set by the connection to database "auth": take it out, or give that connection a prefix',
    ],
  ],
  [
    "two connections under the same names",
    {
      services: {
        api: {
          databases: { auth: { prefix: "" }, battles: { role: "readonly", prefix: "" } },
        },
      },
    },
    [
      "services.api.databases.battles: its variable DATABASE_URL is also set by the connection to auth: give one of them another prefix",
    ],
  ],
  [
    "a variable that is plain and secret",
    { services: { api: { env: { TOKEN: "x" }, secretEnv: { TOKEN: "token" } } } },
    ["services.api.secretEnv.TOKEN: is also in env: keep one"],
  ],
  [
    "a quantity that is none",
    { services: { api: { resources: { limits: { memory: "128MB" } } } } },
    [
      'services.api.resources.limits.memory: "128MB" is no Kubernetes quantity: a number with a unit such as "250m" (CPU) or "128Mi" (memory)',
    ],
  ],
  [
    "thousandths of a byte",
    { services: { api: { resources: { limits: { memory: "128m" } } } } },
    [
      'services.api.resources.limits.memory: "128m" is thousandths of a byte; "128Mi" are mebibytes',
    ],
  ],
  [
    "a request above its limit",
    {
      services: {
        api: { resources: { requests: { memory: "1Gi" }, limits: { memory: "512Mi" } } },
      },
    },
    ["services.api.resources.requests.memory: 1Gi is more than the limit of 512Mi"],
  ],
  [
    "an account that every namespace has",
    { services: { api: { serviceAccount: { name: "default" } } } },
    [
      'services.api.serviceAccount: cannot make an account called "default": every namespace has one; set serviceAccount.name, or create: false',
    ],
  ],
  [
    "an account that two services make",
    { services: { web: { serviceAccount: { name: "api" } } } },
    [
      'services.web.serviceAccount: makes the account "api", as does service "api": set create: false on one of them',
    ],
  ],
  [
    "annotations on an account that exists",
    { services: { api: { serviceAccount: { create: false, annotations: { a: "b" } } } } },
    [
      "services.api.serviceAccount.annotations: cannot be set on an account that exists (create: false)",
    ],
  ],
];

describe("a mistake in a service is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});
