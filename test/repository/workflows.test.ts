import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { PROJECT } from "./project.ts";

const FOLDER = join(PROJECT, ".github/workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": unknown };
  readonly "timeout-minutes"?: number;
  readonly needs?: string | readonly string[];
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(FOLDER);

function read(file: string): { readonly text: string; readonly workflow: Workflow } {
  const text = readFileSync(join(FOLDER, file), "utf8");
  return { text, workflow: parse(text) as Workflow };
}

function jobsOf(file: string): readonly (readonly [string, Job])[] {
  return Object.entries(read(file).workflow.jobs);
}

test("there are workflows for tests, previews and deploys", () => {
  expect(files).toEqual(expect.arrayContaining(["ci.yml", "deploy.yml", "preview.yml"]));
});

describe.each(files)("%s", (file) => {
  test("pins every action to a commit and says which version that is", () => {
    const uses = read(file)
      .text.split("\n")
      .filter((line) => line.includes("uses:"));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$/);
    }
  });

  test("runs scripts of this repository only, without an expression that a title could inject into", () => {
    const lines = jobsOf(file).flatMap(([, job]) => job.steps.flatMap(({ run }) => run ?? []));
    for (const line of lines.filter((each) => each !== "npm ci")) {
      const [, interpreter, script = ""] =
        /^(bash |node |)((?:\.ci|scripts)\/[\w./-]+)(?: [a-z]+| "\$STACK")?$/.exec(line) ?? [];
      expect(script, line).not.toBe("");
      accessSync(join(PROJECT, script), interpreter === "" ? constants.X_OK : constants.R_OK);
    }
  });

  test("may read by default, and no job may write more than it says", () => {
    expect(read(file).workflow.permissions).toEqual({ contents: "read" });
    const written = jobsOf(file).flatMap(([name, { permissions = {} }]) =>
      Object.entries(permissions)
        .filter(([, access]) => access === "write")
        .map(([what]) => `${name}: ${what}`),
    );
    expect(written).toEqual(
      { "preview.yml": ["preview: pull-requests"], "deploy.yml": ["images: packages"] }[file] ?? [],
    );
  });

  test("bounds every job, and leaves no token in a checkout", () => {
    for (const [name, job] of jobsOf(file)) {
      expect(job["timeout-minutes"], name).toBeGreaterThan(0);
      for (const step of job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
        expect(step.with?.["persist-credentials"], name).toBe(false);
      }
    }
  });
});

describe("deploy.yml", () => {
  const { jobs, on } = read("deploy.yml").workflow;

  test("deploys one at a time to each stack, and never stops halfway", () => {
    expect(jobs["dev"]?.concurrency).toEqual({ group: "deploy-dev", "cancel-in-progress": false });
    expect(jobs["prod"]?.concurrency).toEqual({
      group: "deploy-prod",
      "cancel-in-progress": false,
    });
  });

  test("reaches prod from main only, after dev, through the environment that asks for approval", () => {
    expect(on["push"]).toEqual({ branches: ["main"] });
    expect(jobs["images"]?.if).toContain("github.ref == 'refs/heads/main'");
    expect(jobs["dev"]?.needs).toBe("images");
    expect(jobs["prod"]?.needs).toEqual(["images", "dev"]);
    expect(jobs["prod"]?.environment).toBe("prod");
  });

  test.each(["dev", "prod"])("verifies the rollouts of %s after its pulumi up", (stack) => {
    const runs = jobs[stack]?.steps.flatMap(({ run }) => run ?? []);
    expect(runs).toEqual([
      "npm ci",
      "scripts/deploy/kubeconfig.sh",
      `scripts/deploy/up.sh ${stack}`,
      `scripts/deploy/verify-rollouts.sh ${stack}`,
    ]);
  });
});

describe("preview.yml", () => {
  const { jobs, on } = read("preview.yml").workflow;

  test("gives a fork no secrets", () => {
    // pull_request_target would run a fork's program with this repository's secrets.
    expect(Object.keys(on)).toEqual(["pull_request"]);
    expect(jobs["preview"]?.if).toContain(
      "github.event.pull_request.head.repo.full_name == github.repository",
    );
  });

  test("has credentials of its own, not those of a deploy", () => {
    expect(jobs["preview"]?.environment).toBe("${{ matrix.stack }}-preview");
  });
});
