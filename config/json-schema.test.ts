import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { PROJECT_DIR } from "./load-file.ts";
import { STACK_KEYS } from "./schema/platform.ts";
import { at, isTree } from "./tree.ts";
import { jsonSchemaFiles } from "./write-json-schema.ts";

async function yamlOf(file: string): Promise<unknown> {
  return parse(await readFile(join(PROJECT_DIR, file), "utf8")) as unknown;
}

test.each([...jsonSchemaFiles()])(
  "%s is what the code generates (npm run schema)",
  async (file, text) => {
    expect(await readFile(join(PROJECT_DIR, file), "utf8")).toBe(text);
  },
);

test("Pulumi.yaml declares exactly the keys that are read", async () => {
  const declared = at(await yamlOf("Pulumi.yaml"), ["config"]);
  expect(isTree(declared) && Object.keys(declared)).toEqual(
    STACK_KEYS.map((key) => `tidegate:${key}`),
  );
});

test("every declared key has an empty default, as Pulumi demands a value and the real default lies elsewhere", async () => {
  const declared = at(await yamlOf("Pulumi.yaml"), ["config"]);
  const defaults = isTree(declared)
    ? Object.values(declared).map((declaration) => at(declaration, ["default"]))
    : [];
  expect(defaults).toHaveLength(STACK_KEYS.length);
  expect(defaults.filter((value) => value !== "" && JSON.stringify(value) !== "{}")).toEqual([]);
});

test("every key of the generated schema is described", () => {
  const undescribed = [...jsonSchemaFiles()].flatMap(([file, text]) =>
    missingDescriptions(JSON.parse(text) as unknown, file),
  );
  expect(undescribed).toEqual([]);
});

/** Paths of properties without a description, neither their own nor of what they refer to. */
function missingDescriptions(schema: unknown, path: string): string[] {
  if (Array.isArray(schema)) {
    return schema.flatMap((one, index) => missingDescriptions(one, `${path}[${index}]`));
  }
  if (!isTree(schema)) return [];
  const { properties } = schema;
  const own = isTree(properties)
    ? Object.entries(properties)
        // The one key of an encrypted value, and of { secret } and { configMap }, says itself what it is.
        .filter(([key]) => !["secure", "secret", "configMap", "config"].includes(key))
        .filter(([, value]) => isTree(value) && value["description"] === undefined)
        .map(([key]) => `${path}.${key}`)
    : [];
  return [
    ...own,
    ...Object.entries(schema).flatMap(([key, value]) =>
      missingDescriptions(value, `${path}.${key}`),
    ),
  ];
}
