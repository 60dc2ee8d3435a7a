import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { PROJECT, run } from "./project.ts";

// Each test starts programs, several seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const STATE = join(PROJECT, "test/fixtures/stack-state.json");
const IMAGE = `registry.test/service@sha256:${"b".repeat(64)}`;
const SECRET = "correct-horse";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-deploy-"));
  await mkdir(join(folder, "bin"));
  // Neither a cluster nor a backend is at hand here: what counts is what the scripts ask for.
  await standIn("pulumi", `if [ "$1 $2" = "stack export" ]; then cat "${STATE}"; fi`);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A program that notes its arguments and then does what `body` says. */
async function standIn(name: string, body: string): Promise<void> {
  const file = join(folder, "bin", name);
  const note = `printf '%s\\n' "${name} $*" >>"${folder}/calls"`;
  await writeFile(file, `#!/usr/bin/env bash\n${note}\n${body}\n`);
  await chmod(file, 0o755);
}

async function calls(): Promise<readonly string[]> {
  return (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
}

async function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  return await run(`scripts/deploy/${script}`, args, {
    env: {
      PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
      PULUMI_ROOT: folder,
      DEPLOY_DIR: join(folder, "deploy"),
      ...env,
    },
  });
}

describe("up.sh", () => {
  test("deploys the images given, from a copy of the stack's file", async () => {
    const file = join(PROJECT, "Pulumi.prod.yaml");
    const before = await readFile(file, "utf8");
    const copy = join(folder, "deploy/Pulumi.prod.yaml");
    const images = JSON.stringify({ services: { bff: IMAGE } });
    const { code } = await runScript("up.sh", ["prod", "--continue-on-error"], { IMAGES: images });
    expect(code).toBe(0);
    expect(await calls()).toEqual([
      `pulumi up --stack prod --config-file ${copy} --yes --skip-preview --diff --non-interactive --color never --continue-on-error`,
    ]);
    const { config } = parse(await readFile(copy, "utf8"));
    expect(config["tidegate:services"].bff.image).toBe(IMAGE);
    expect(await readFile(file, "utf8")).toBe(before);
  });

  test("uses the stack's own file where no images are given", async () => {
    await runScript("up.sh", ["dev"], { PULUMI_ORG: "acme" });
    const [call] = await calls();
    expect(call).toContain(
      `pulumi up --stack acme/dev --config-file ${join(PROJECT, "Pulumi.dev.yaml")} `,
    );
  });

  test("ends with pulumi's own result", async () => {
    await standIn("pulumi", "exit 255");
    expect((await runScript("up.sh", ["dev"])).code).toBe(255);
  });

  test("touches nothing when the images given are wrong", async () => {
    const { code, stderr } = await runScript("up.sh", ["dev"], { IMAGES: "latest" });
    expect(code).toBe(1);
    expect(stderr).toContain("IMAGES is no JSON");
    await expect(calls()).rejects.toThrow("ENOENT");
  });

  test("refuses a stack that has no file", async () => {
    const { code, stderr } = await runScript("up.sh", ["staging"]);
    expect(code).toBe(2);
    expect(stderr).toContain("up.sh: there is no Pulumi.staging.yaml in ");
  });
});

describe("preview.sh", () => {
  test("previews with the images that run now, and leaves a report", async () => {
    const summary = join(folder, "summary.md");
    const { code } = await runScript("preview.sh", ["dev"], {
      IMAGES: "deployed",
      GITHUB_STEP_SUMMARY: summary,
    });
    expect(code).toBe(0);
    expect(await calls()).toEqual([
      "pulumi stack export --stack dev",
      `pulumi preview --stack dev --config-file ${join(folder, "deploy/Pulumi.dev.yaml")} --diff --show-full-output --non-interactive --color never`,
    ]);
    const report = await readFile(join(folder, "deploy/preview-dev.md"), "utf8");
    expect(report).toContain("### `dev`: preview\n");
    expect(await readFile(summary, "utf8")).toBe(report);
  });

  test("reports why it failed, and fails", async () => {
    await standIn("pulumi", "echo 'error: no stack named dev' >&2; exit 255");
    const { code } = await runScript("preview.sh", ["dev"]);
    expect(code).toBe(255);
    expect(await readFile(join(folder, "deploy/preview-dev.md"), "utf8")).toContain(
      "### `dev`: preview failed\n\n```\nerror: no stack named dev\n```",
    );
  });

  test("does not preview with other images when those that run now cannot be read", async () => {
    await standIn("pulumi", 'if [ "$1 $2" = "stack export" ]; then exit 255; fi');
    const { code } = await runScript("preview.sh", ["dev"], { IMAGES: "deployed" });
    expect(code).not.toBe(0);
    expect(await calls()).toEqual(["pulumi stack export --stack dev"]);
  });
});

describe("verify-rollouts.sh", () => {
  const kubectl = async (job: string, rollout: number) => {
    await standIn(
      "kubectl",
      `case "$*" in *"get job"*) printf '${job}' ;; *) exit ${rollout} ;; esac`,
    );
  };
  const asked = [
    'kubectl --context cluster --namespace battlescope get job tidegate-battlescope-auth-migration-job-77aa --output jsonpath={.status.conditions[?(@.type=="Complete")].status}',
    "kubectl --context cluster --namespace battlescope rollout status deployment/bff --timeout 5m",
  ];

  test("passes when each Job is complete and each Deployment has rolled out", async () => {
    await kubectl("True", 0);
    const { code, stderr } = await runScript("verify-rollouts.sh", ["dev"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await calls()).slice(1)).toEqual(asked);
  });

  test("names all that did not arrive, with the command that tells more", async () => {
    await kubectl("", 1);
    const { code, stderr } = await runScript("verify-rollouts.sh", ["dev"]);
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      "job/tidegate-battlescope-auth-migration-job-77aa of database battlescope_auth is not complete; see: kubectl --context cluster --namespace battlescope logs job/tidegate-battlescope-auth-migration-job-77aa --all-containers",
      "deployment/bff has not rolled out; see: kubectl --context cluster --namespace battlescope describe deployment/bff",
    ]);
  });

  test("fails on a stack with nothing in it", async () => {
    await standIn("pulumi", "echo '{}'");
    const { code, stderr } = await runScript("verify-rollouts.sh", ["dev"]);
    expect(code).toBe(1);
    expect(stderr).toContain("stack 'dev' has no Deployment and no Job");
  });
});

describe("push-images.sh", () => {
  test("gives Docker the registry's password on standard input, never as an argument", async () => {
    await standIn("docker", `if [ "$1" = login ]; then cat >"${folder}/password"; exit 1; fi`);
    const { code, stdout, stderr } = await runScript("push-images.sh", [], {
      REGISTRY: "registry.test/acme",
      REGISTRY_USER: "ci",
      REGISTRY_PASSWORD: SECRET,
    });
    expect(code).toBe(1);
    expect(await calls()).toEqual(["docker login registry.test --username ci --password-stdin"]);
    expect(await readFile(join(folder, "password"), "utf8")).toBe(SECRET);
    expect(`${stdout}${stderr}`).not.toContain(SECRET);
  });
});

describe("kubeconfig.sh", () => {
  test("writes the secret to a file that its user alone can read, and prints nothing of it", async () => {
    const env = join(folder, "env");
    const { code, stdout, stderr } = await runScript("kubeconfig.sh", [], {
      KUBECONFIG_CONTENT: SECRET,
      RUNNER_TEMP: folder,
      GITHUB_ENV: env,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(env, "utf8")).toBe(`KUBECONFIG=${join(folder, "kubeconfig")}\n`);
    expect(await readFile(join(folder, "kubeconfig"), "utf8")).toBe(`${SECRET}\n`);
    const { mode } = await stat(join(folder, "kubeconfig"));
    expect((mode & 0o777).toString(8)).toBe("600");
  });

  test("says what to set where there is no cluster", async () => {
    const { code, stderr } = await runScript("kubeconfig.sh", [], { HOME: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("set the secret KUBECONFIG of this environment");
  });
});
