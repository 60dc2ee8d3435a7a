import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { PROJECT, run } from "./project.ts";

// Each test starts programs, several seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const MIGRATOR = `registry.test/migrator@sha256:${"a".repeat(64)}`;
const SERVICE = `registry.test/service@sha256:${"b".repeat(64)}`;
const STATE = join(PROJECT, "test/fixtures/stack-state.json");

/** For a script that reads the configuration. */
const TSX = ["--import", "tsx"];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-deploy-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("write-config.mjs", () => {
  const writeConfig = async (stack: string, images: string) => {
    const target = join(folder, "Pulumi.yaml");
    const ended = await run(
      "scripts/deploy/write-config.mjs",
      [join(PROJECT, `Pulumi.${stack}.yaml`), target],
      {
        env: { IMAGES: images },
      },
    );
    return { ...ended, target };
  };
  const images = JSON.stringify({
    migrator: MIGRATOR,
    services: { bff: SERVICE, unknown: SERVICE },
  });

  test.each(["dev", "prod"])(
    "names the images in a copy of the file of %s and changes nothing else",
    async (stack) => {
      const before = parse(await readFile(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8"));
      const { code, target } = await writeConfig(stack, images);
      expect(code).toBe(0);
      const services = before.config["tidegate:services"];
      expect(parse(await readFile(target, "utf8"))).toEqual({
        config: {
          ...before.config,
          "tidegate:images": { ...before.config["tidegate:images"], migrator: MIGRATOR },
          "tidegate:services": { ...services, bff: { ...services?.bff, image: SERVICE } },
        },
      });
    },
  );

  test("refuses an image that is not named by digest", async () => {
    const { code, stderr } = await writeConfig(
      "dev",
      '{"migrator":"registry.test/migrator:latest"}',
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      "write-config: IMAGES names 'registry.test/migrator:latest', which is no image by digest\n",
    );
  });

  test("refuses what is no JSON", async () => {
    const { code, stderr } = await writeConfig("dev", "latest");
    expect(code).toBe(1);
    expect(stderr).toBe(
      "write-config: IMAGES is no JSON; give what scripts/deploy/push-images.sh prints\n",
    );
  });
});

describe("a stack's state", () => {
  test("lists the Jobs first, without what an interrupted deploy has still to delete", async () => {
    const input = await readFile(STATE, "utf8");
    const { stdout } = await run("scripts/deploy/stack-objects.mjs", [], { input });
    expect(stdout.split("\n")).toEqual([
      "Job\tcluster\tbattlescope\ttidegate-battlescope-auth-migration-job-77aa\tbattlescope_auth",
      "Deployment\tcluster\tbattlescope\tbff\t",
      "",
    ]);
  });

  test("that lacks the Job of a database or the Deployment of a service is no finished deploy", async () => {
    const outputs = { schemas: { shop: "0001" }, services: { web: "http://web" } };
    const resources = [{ type: "pulumi:pulumi:Stack", outputs }];
    const { code, stdout, stderr } = await run("scripts/deploy/stack-objects.mjs", [], {
      input: JSON.stringify({ deployment: { resources } }),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      "the deploy did not get this far: database 'shop' has no Job, service 'web' has no Deployment\n",
    );
  });

  test("tells the images that run now", async () => {
    const input = await readFile(STATE, "utf8");
    const { stdout } = await run("scripts/deploy/deployed-images.mjs", ["dev"], {
      input,
      node: TSX,
    });
    expect(JSON.parse(stdout)).toEqual({ migrator: MIGRATOR, services: { bff: SERVICE } });
  });

  test("tells none before the first deploy", async () => {
    const input = JSON.stringify({ version: 3, deployment: {} });
    const { code, stdout } = await run("scripts/deploy/deployed-images.mjs", ["dev"], {
      input,
      node: TSX,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });
});

describe("preview-report.mjs", () => {
  const report = async (status: string, input: string) => {
    const { stdout } = await run("scripts/deploy/preview-report.mjs", ["prod", status], { input });
    return stdout;
  };
  const summary = "Resources:\n    + 3 to create\n    12 unchanged";

  test("shows the sums, and the diff behind a fold", async () => {
    const text = await report("0", `+ kubernetes:batch/v1:Job\n${summary}\n`);
    expect(text).toContain(`### \`prod\`: preview\n\n\`\`\`\n${summary}\n\`\`\``);
    expect(text).toContain("```diff\n+ kubernetes:batch/v1:Job\n");
  });

  test("shows how a failed preview ended", async () => {
    const text = await report("255", "error: the configuration of stack 'prod' is wrong\n");
    expect(text).toContain(
      "### `prod`: preview failed\n\n```\nerror: the configuration of stack 'prod' is wrong\n```",
    );
  });

  test("fits a comment, and no fence in a migration ends its own", async () => {
    const text = await report("0", `-- \`\`\`\`\n${"x".repeat(70)}\n`.repeat(2000) + summary);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain("`````diff\n");
    expect(text).toMatch(/… [0-9]+ characters more: see the job's log/);
  });
});
