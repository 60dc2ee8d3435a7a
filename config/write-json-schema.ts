import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { platformJsonSchema, stackJsonSchema } from "./json-schema.ts";
import { PROJECT_DIR } from "./load-file.ts";

/** The generated files, by path relative to the project. */
export function jsonSchemaFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["schemas/stack.schema.json", print(stackJsonSchema())],
    ["schemas/platform.schema.json", print(platformJsonSchema())],
  ]);
}

function print(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.filename === process.argv[1]) {
  await mkdir(join(PROJECT_DIR, "schemas"), { recursive: true });
  for (const [file, text] of jsonSchemaFiles()) await writeFile(join(PROJECT_DIR, file), text);
}
