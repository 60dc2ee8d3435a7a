import { describe, expect, test } from "vitest";
import { changed, problemsIn, type Row } from "../test-platform.ts";

const ROWS: readonly Row[] = [
  [
    "an external server without a host",
    { server: { kind: "external" } },
    ["server.host: is missing: an external server needs the host that pods connect to"],
  ],
  [
    "an unknown kind",
    { server: { kind: "dockr" } },
    ['server.kind: must be "docker", "cluster" or "external", not "dockr"'],
  ],
  [
    "a port out of range",
    { server: { kind: "external", host: "db.example", port: 65536 } },
    ["server.port: 65536 is no port: 1 to 65535 are"],
  ],
  [
    "a port that is text",
    { server: { publishedPort: "15432" } },
    ['server.publishedPort: "15432" is no port: give a number from 1 to 65535'],
  ],
  [
    "a host with a scheme",
    { server: { kind: "external", host: "postgres://db.example" } },
    [
      'server.host: "postgres://db.example" is no host: give a name or an address, without scheme, port or path',
    ],
  ],
  [
    "Postgres 14",
    { server: { version: 14 } },
    ["server.version: must be the major version of Postgres, from 15 to 18"],
  ],
  [
    "a key of another kind",
    { server: { storage: "5Gi" } },
    [
      "server.storage: has no meaning for a server of kind docker, only for cluster: take it out, or change server.kind",
    ],
  ],
  [
    "the provider without an address for the deployer",
    { server: { kind: "external", host: "db.example" }, provisioning: "provider" },
    [
      "provisioning: provider needs server.deployer, the host and port at which this machine reaches the server; set it, or provisioning: job, which works inside the cluster",
    ],
  ],
  [
    "TLS with a server that has no certificate",
    { server: { tls: { mode: "verify-full" } } },
    [
      "server.tls.mode: verify-full is not possible: the server that kind docker starts has no certificate; only disable is, or kind: external",
    ],
  ],
  [
    "verify-ca with every public authority",
    { server: { kind: "external", host: "db.example", tls: { mode: "verify-ca" } } },
    [
      "server.tls.ca: is missing: verify-ca against every public authority would accept any server; name the file of your authority, or use verify-full",
    ],
  ],
  [
    "an authority without TLS",
    {
      server: { kind: "external", host: "db.example", tls: { mode: "disable", ca: "tls/ca.pem" } },
    },
    ["server.tls.ca: has no effect, as server.tls.mode is disable: take it out"],
  ],
];

describe("a mistake in the server is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});
