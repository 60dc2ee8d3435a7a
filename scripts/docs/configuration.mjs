/**
 * Writes the reference of all keys into docs/configuration.md, from schemas/stack.schema.json; what
 * stands before its mark is written by hand and stays.
 *
 * Usage: node scripts/docs/configuration.mjs [--check]
 * --check: writes nothing, and ends with 1 where the file is not as it would be written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SCHEMA = fileURLToPath(new URL("../../schemas/stack.schema.json", import.meta.url));
const PAGE = fileURLToPath(new URL("../../docs/configuration.md", import.meta.url));
const MARK = "<!-- From here on: written by scripts/docs/configuration.mjs -->\n";

const schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
const page = readFileSync(PAGE, "utf8");
const end = page.indexOf(MARK);
if (end === -1) throw new Error(`docs/configuration.md has no line ${MARK}`);
const wanted = `${page.slice(0, end)}${MARK}\n${reference()}`;

if (!process.argv.includes("--check")) {
  writeFileSync(PAGE, wanted);
} else if (wanted !== page) {
  process.stderr.write(
    "docs/configuration.md is older than schemas/stack.schema.json: run node scripts/docs/configuration.mjs\n",
  );
  process.exitCode = 1;
}

function reference() {
  const { properties } = schema.properties.config;
  return [
    table("The stack", properties, (key) => key),
    ...Object.entries(schema.$defs).map(([name, { properties: keys }]) =>
      table(titleOf(name), keys, (key) => key),
    ),
  ].join("\n");
}

function titleOf(definition) {
  return (
    { database: "`databases.<name>`", service: "`services.<name>`" }[definition] ??
    `\`${definition}\``
  );
}

function table(title, properties, nameOf) {
  const rows = Object.entries(properties).flatMap(([key, node]) => rowsOf(nameOf(key), node));
  return `## ${title}\n\n| key | value | meaning |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** A key's row, then those of the keys below it. */
function rowsOf(name, node) {
  const text = [node.description, node.items?.description]
    .filter((each) => each !== undefined)
    .join(" ")
    // A bar would end the cell, and <name> would be a tag that shows nothing.
    .replace(/[|<]/g, "\\$&");
  // A part of an alternative that its parent explains has no text of its own.
  const own = text === "" ? [] : [`| \`${name}\` | ${valueOf(node)} | ${text} |`];
  return [...own, ...below(name, node)];
}

function below(name, node) {
  if (node.$ref !== undefined || isSecret(node)) return [];
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([key, inner]) =>
      rowsOf(`${name}.${key}`, inner),
    );
  }
  if (node.anyOf !== undefined) return node.anyOf.flatMap((each) => below(name, each));
  if (node.items !== undefined) return below(`${name}[]`, node.items);
  const entry = node.additionalProperties;
  return typeof entry === "object" ? below(`${name}.<name>`, entry) : [];
}

/** What a value looks like, in a word or two. */
function valueOf(node) {
  if (node.$ref !== undefined) return definitionOf(node.$ref);
  if (isSecret(node)) return "secret";
  if (node.enum !== undefined) return node.enum.map((each) => `\`${each}\``).join(", ");
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(valueOf))].join(" or ");
  switch (node.type) {
    case "array":
      return `list of ${valueOf(node.items)}`;
    case "object":
      return typeof node.additionalProperties === "object"
        ? `map of ${valueOf(node.additionalProperties)}`
        : "object";
    case "integer":
      return node.minimum > Number.MIN_SAFE_INTEGER && node.maximum < Number.MAX_SAFE_INTEGER
        ? `${node.minimum} to ${node.maximum}`
        : "whole number";
    default:
      return [node.type].flat().join(" or ");
  }
}

function definitionOf(ref) {
  const name = ref.slice(ref.lastIndexOf("/") + 1);
  // GitHub's anchors: lower case, without anything but letters, digits, hyphens and underscores.
  const anchor = titleOf(name)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "");
  return `[${titleOf(name)}](#${anchor})`;
}

function isSecret({ properties = {} }) {
  return Object.keys(properties).join() === "secure";
}
