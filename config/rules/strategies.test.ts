import { describe, expect, test } from "vitest";
import { parsePlatform, type ParseContext } from "../parse.ts";
import type { PlatformSpec } from "../spec.ts";
import { changed, CONTEXT, INPUTS, migration, problemsIn, type Row } from "../test-platform.ts";
import type { Tree } from "../tree.ts";

const STARTUP = { strategy: "startup", allowMigratorSecretInService: true };
const READS = { services: { web: { databases: { auth: "readonly" } } } };

const ROWS: readonly Row[] = [
  [
    "startup without consent",
    { databases: { auth: { strategy: "startup" } } },
    [
      "databases.auth.strategy: startup gives the migrator's Secret, which may change every table, to \"api\": agree with allowMigratorSecretInService: true, or use initContainer, which keeps it from the service's own container",
    ],
  ],
  [
    "a consent that nothing needs",
    { databases: { auth: { allowMigratorSecretInService: true, allowUngated: true } } },
    [
      "databases.auth.allowMigratorSecretInService: has no effect with strategy job: take it out",
      "databases.auth.allowUngated: has no effect with strategy job: take it out",
    ],
  ],
  [
    "pods that migrate a database to which no service writes",
    { databases: { battles: STARTUP } },
    [
      'databases.battles.strategy: startup needs a service whose pods migrate, one that connects to "battles" as app, and there is none: add it, or use job',
    ],
  ],
  [
    "a database that is only read",
    {
      databases: { battles: { strategy: "initContainer" } },
      services: { web: { databases: { battles: "readonly" } } },
    },
    [
      'databases.battles.strategy: initContainer needs a service whose pods migrate, one that connects to "battles" as app, and there is none: add it, or use job',
    ],
  ],
  [
    "disabled where the database is protected",
    { databases: { battles: { strategy: "disabled", protect: true } } },
    [
      "databases.battles.strategy: disabled lets services roll out on any schema, and this database is protected: agree with allowUngated: true, or use manual, which looks that nothing is pending",
    ],
  ],
  [
    "a Job that comes after pods",
    { databases: { auth: { strategy: "initContainer" }, battles: { after: ["auth"] } } },
    [
      'databases.battles.after[0]: "auth" has strategy initContainer, so that it is migrated by its services\' own pods: give it strategy job, or take this out',
    ],
  ],
  [
    "a service that waits for a database without a gate",
    { databases: { auth: { strategy: "disabled" } } },
    [
      'services.web.waitsFor[0]: "auth" has strategy disabled and so no gate to wait for: take this out',
    ],
  ],
  [
    "two services of which each migrates what the other reads",
    {
      databases: { auth: { strategy: "initContainer" }, battles: { strategy: "initContainer" } },
      services: {
        api: { databases: { battles: "readonly" } },
        web: { databases: { battles: "app" } },
      },
    },
    [
      "services.api.databases: each of api, web waits for a database that another of them migrates in its pods, so that none could be first: give one of these databases strategy job",
    ],
  ],
  [
    "a service that names its connections itself",
    { services: { api: { env: { PGAPPNAME: "mine" } } } },
    [
      "services.api.env.PGAPPNAME: is set to the service and its version, by which a contract migration knows old pods: take it out",
    ],
  ],
];

describe("a strategy that can't be had is reported with its path, and nothing else", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });

  test("contract migrations with startup", () => {
    const bundle = {
      value: {
        format: 1 as const,
        migrations: [
          migration("001_a"),
          { ...migration("002_drop"), phase: "contract" as const },
          { ...migration("003_drop"), phase: "contract" as const },
        ],
      },
    };
    const inputs = { ...INPUTS, bundles: new Map(INPUTS.bundles).set("migrations/auth", bundle) };
    const of = (strategy: Tree) =>
      problemsIn(changed({ databases: { auth: strategy } }), { inputs });
    expect(of(STARTUP)).toEqual([
      "databases.auth.strategy: startup applies nothing after a rollout, and 002_drop.sql, 003_drop.sql are contract migrations: use job or initContainer",
    ]);
    expect(of({ strategy: "initContainer" })).toEqual([]);
  });

  test.each<[string, Tree, Partial<ParseContext>, string]>([
    ["an external server", external(), {}, "its server is external"],
    ["a stack called prod", {}, { stack: "prod" }, "the stack is called prod"],
    ["a stack called production", {}, { stack: "production" }, "the stack is called production"],
  ])("disabled on %s, unless consent is given", (_, change, context, why) => {
    const of = (more: Tree) =>
      problemsIn(
        { ...changed({ ...change, databases: { battles: { strategy: "disabled", ...more } } }) },
        context,
      );
    expect(of({})).toEqual([
      `databases.battles.strategy: disabled lets services roll out on any schema, and ${why}: agree with allowUngated: true, or use manual, which looks that nothing is pending`,
    ]);
    expect(of({ allowUngated: true })).toEqual([]);
  });
});

function external(): Tree {
  return { server: { kind: "external", host: "db.example" } };
}

function parsed(change: Tree): { spec: PlatformSpec; warnings: readonly string[] } {
  const result = parsePlatform([{ source: "Pulumi.dev.yaml", value: changed(change) }], CONTEXT);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result;
}

test.each(["manual", "disabled", "initContainer"])("%s needs no consent here", (strategy) => {
  const name = strategy === "disabled" ? "battles" : "auth";
  expect(problemsIn(changed({ databases: { [name]: { strategy } } }))).toEqual([]);
});

test("the services that write a database migrate it, and those that read it come after them", () => {
  const { spec } = parsed({ databases: { auth: { strategy: "initContainer" } }, ...READS });
  const [api, web] = spec.services;
  expect(api?.databases[0]?.migrates).toBe("initContainer");
  expect(api?.after).toEqual([]);
  expect(web?.databases[0]).not.toHaveProperty("migrates");
  expect(web?.after).toEqual(["api"]);
});

test("with a Job nobody's pods migrate, and no order between services comes of it", () => {
  const { spec, warnings } = parsed(READS);
  expect(spec.services.map(({ after }) => after)).toEqual([[], []]);
  expect(JSON.stringify(spec.services)).not.toContain("migrates");
  expect(warnings).toEqual([]);
});

test("a preview warns of what a strategy gives up", () => {
  const { warnings } = parsed({ databases: { auth: STARTUP, battles: { strategy: "disabled" } } });
  expect(warnings).toEqual([
    `databases.auth.strategy: startup: the migrator's Secret of "auth", which may change every table, is in the pods of "api"; initContainer keeps it from their own containers`,
    `databases.battles.strategy: disabled: nothing migrates "battles", and no service waits for its schema`,
  ]);
});
