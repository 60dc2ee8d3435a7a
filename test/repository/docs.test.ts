import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadPlatformFile } from "../../config/load-file.ts";
import { PROJECT, run } from "./project.ts";

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "test/e2e/README.md",
  ...readdirSync(join(PROJECT, "docs")).map((file) => `docs/${file}`),
];

/** First words of paths in the repository, as pages write them. */
const FOLDERS =
  /^(\.github|\.oxlintrc\.json|bench|components|config|docs|examples|local|migrator|operate|schemas|scripts|test)(\/|$)/;

const read = (page: string): string => readFileSync(join(PROJECT, page), "utf8");

describe.each(PAGES)("%s", (page) => {
  const text = read(page);

  test("leads nowhere but to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^https?:/.test(target))
      .map((target) => relative(PROJECT, join(PROJECT, dirname(page), target)));
    expect(links.filter((target) => !existsSync(join(PROJECT, target)))).toEqual([]);
  });

  test("names no file that is not there", () => {
    const named = [...text.matchAll(/`([^`\s*<>…]+)`/g)]
      .map(([, name = ""]) => name)
      .filter((name) => FOLDERS.test(name) && !name.includes("dist/"));
    expect(named.filter((name) => !existsSync(join(PROJECT, name)))).toEqual([]);
  });

  test("calls no npm script that is not there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const called = [...text.matchAll(/npm run ([a-z0-9:]+)/g)].map(([, name = ""]) => name);
    expect(called.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

test("the architecture names every component, and no file that is not there", () => {
  const [, section = ""] =
    /\n## The components\n(.*?)\n## /s.exec(read("docs/architecture.md")) ?? [];
  const named = [...section.matchAll(/`([a-z-]+\.ts)`/g)].map(([, file = ""]) => file);
  const files = readdirSync(join(PROJECT, "components"));
  expect(named.filter((file) => file !== "index.ts" && !files.includes(file))).toEqual([]);
  const components = files.filter((file) =>
    read(`components/${file}`).includes("extends pulumi.ComponentResource"),
  );
  expect(components.length).toBeGreaterThan(20);
  expect(components.filter((file) => !named.includes(file))).toEqual([]);
});

test("each guarantee of the README names a test file that proves it", () => {
  const [, table = ""] =
    /\| guarantee \| proved by \|\n\| --- \| --- \|\n((?:\|.*\n)+)/.exec(read("README.md")) ?? [];
  const rows = table.trim().split("\n");
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const [, proof = ""] = / \| ([^|]*) \|$/.exec(row) ?? [];
    for (const file of proof.split(", ")) {
      expect(file).toMatch(/^`[\w/.-]+\.test\.ts`$/);
      expect(existsSync(join(PROJECT, file.slice(1, -1))), file).toBe(true);
    }
  }
});

test("the reference of keys is that of the schema", async () => {
  const { code, stderr } = await run("scripts/docs/configuration.mjs", ["--check"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}, 60_000);

describe("an annotated stack", () => {
  const example = (page: string): string => {
    const [, yaml = ""] = /```yaml\n([^`]*tidegate:context[^`]*)```/.exec(read(page)) ?? [];
    expect(yaml, page).not.toBe("");
    return yaml.replaceAll("sha256:...", `sha256:${"a".repeat(64)}`);
  };

  /** A folder with what an example names. */
  const withProject = async <T>(yaml: string, use: (dir: string) => Promise<T>): Promise<T> => {
    const dir = await mkdtemp(join(tmpdir(), "tidegate-docs-"));
    const place = async (file: string, text: string) => {
      await mkdir(join(dir, dirname(file)), { recursive: true });
      await writeFile(join(dir, file), text);
    };
    try {
      await place("Pulumi.yaml", "name: tidegate\n");
      await place("Pulumi.example.yaml", yaml);
      await place("platform.yaml", "databases: {}\n");
      await place("services/orders/migrations/0013_add_total.sql", "select 1;\n");
      for (const name of ["orders", "reports", "shop"]) {
        await place(`services/${name}/Dockerfile`, "FROM scratch\n");
      }
      await place("migrator/dist/image/Dockerfile", "FROM scratch\n");
      await place(
        "tls/ca.pem",
        readFileSync(join(PROJECT, "examples/battlescope/tls/ca.pem"), "utf8"),
      );
      return await use(dir);
    } finally {
      await rm(dir, { recursive: true });
    }
  };

  test.each(["README.md", "docs/configuration.md"])(
    "in %s is one that is accepted as it stands",
    async (page) => {
      const yaml = example(page);
      const spec = await withProject(yaml, (projectDir) =>
        loadPlatformFile("example", { projectDir, build: false }),
      );
      const { config } = parse(yaml) as { config: Record<string, Record<string, unknown>> };
      expect(spec.databases.map(({ name }) => name)).toEqual(
        Object.keys(config["tidegate:databases"] ?? {}),
      );
      expect(spec.services.map(({ name }) => name).toSorted()).toEqual([
        "orders",
        "reports",
        "shop",
      ]);
    },
  );
});
