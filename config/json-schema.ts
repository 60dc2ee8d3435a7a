import { z } from "zod";
import { ADMIN_PASSWORD_KEY, EXTENDS_KEY, platform, STACK_KEYS } from "./schema/platform.ts";
import { projectPath } from "./schema/names.ts";
import { isTree, type Tree } from "./tree.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Project whose keys a stack file holds; the name in Pulumi.yaml. */
const PROJECT = "tidegate";

/** A value that `pulumi config set --secret` wrote. */
const ENCRYPTED: Tree = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};

/** JSON schema of a file that `tidegate:extends` names. */
export function platformJsonSchema(): Tree {
  return {
    $schema: DIALECT,
    title: "Part of a Tidegate platform, shared by stacks",
    ...inputSchema(platform),
  };
}

/** JSON schema of `Pulumi.<stack>.yaml`: Tidegate's keys, and Pulumi's own beside them. */
export function stackJsonSchema(): Tree {
  const { $defs, properties } = inputSchema(platform);
  const own: Tree = {
    [EXTENDS_KEY]: extendsSchema(),
    [ADMIN_PASSWORD_KEY]: {
      ...ENCRYPTED,
      description:
        "Password of the server's admin: pulumi config set --secret adminPassword. Needed for an external server, else generated.",
    },
    ...(isTree(properties) && properties),
  };
  return {
    $schema: DIALECT,
    title: "A stack of Tidegate",
    type: "object",
    properties: {
      config: {
        type: "object",
        description:
          "Values of this stack; they are merged over the file that tidegate:extends names.",
        properties: Object.fromEntries(
          Object.entries(own).map(([key, schema]) => [`${PROJECT}:${key}`, schema]),
        ),
        // Secrets that a service's secretEnv names.
        patternProperties: {
          [`^${PROJECT}:(?!(${STACK_KEYS.join("|")})$)`]: ENCRYPTED,
          // Of other programs and providers.
          [`^(?!${PROJECT}:)[^:]+:`]: true,
        },
        additionalProperties: false,
      },
      encryptionsalt: { type: "string", description: "Pulumi's own." },
      encryptedkey: { type: "string", description: "Pulumi's own." },
      secretsprovider: { type: "string", description: "Pulumi's own." },
      environment: { description: "Pulumi's own: environments that are imported." },
    },
    additionalProperties: false,
    ...(isTree($defs) && { $defs }),
  };
}

function extendsSchema(): Tree {
  return {
    ...inputSchema(projectPath),
    description:
      "File with a part of the platform that several stacks share, relative to the project; this stack's values are merged over it: objects by key, everything else replaced.",
  };
}

/** What may be written, before defaults apply. */
function inputSchema(schema: z.ZodType): Tree {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-2020-12",
  });
  const optional = withoutRequired(rest);
  return isTree(optional) ? optional : {};
}

/**
 * A file may hold any part of an object, the other file the rest: what is required is checked after
 * both were merged.
 */
function withoutRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRequired);
  if (!isTree(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === "required" && Array.isArray(value)))
      .map(([key, value]) => [key, withoutRequired(value)]),
  );
}
