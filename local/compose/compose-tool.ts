import type { ConnectionKey, DatabaseSpec } from "../../config/spec.ts";
import { composeParts } from "./compose-connection.ts";
import { type ComposeService, HARDENED, literal, required } from "./compose-file.ts";
import { imageOf } from "./compose-image.ts";

type Tool = NonNullable<DatabaseSpec["runner"]>;

/**
 * The container in which another tool migrates a database, as the migrator, whose role setting makes
 * everything that it creates the owner's here too.
 *
 * @param folder of the migrations beside the Compose file, for a tool that mounts them
 */
export function buildTool(
  { name, roles }: DatabaseSpec,
  tool: Tool,
  folder: string,
  dependsOn: NonNullable<ComposeService["depends_on"]>,
): ComposeService {
  const parts = composeParts({ database: name, username: roles.migrator });
  return {
    ...imageOf(tool.image),
    ...(tool.command !== undefined && { entrypoint: tool.command.map(literal) }),
    // Without any, the image's own arguments would stand behind another entry point.
    ...((tool.args.length > 0 || tool.command !== undefined) && {
      command: tool.args.map(literal),
    }),
    user: `${tool.user}:${tool.user}`,
    environment: {
      // Whatever a tool keeps in its home finds the only folder that it may write.
      HOME: "/tmp",
      ...Object.fromEntries(Object.entries(tool.env).map(([key, text]) => [key, literal(text)])),
      ...Object.fromEntries(
        Object.keys(tool.secretEnv).map((key) => [
          key,
          required(key, `a secret of the migrations of ${name}; write it into .env`),
        ]),
      ),
      ...connection(tool, parts),
    },
    depends_on: dependsOn,
    ...(tool.mount !== undefined && { volumes: [`${folder}:${tool.mount.path}:ro`] }),
    restart: "no",
    ...HARDENED,
  };
}

/** An empty name of a file would be taken for one. */
function connection(
  tool: Tool,
  parts: Readonly<Record<ConnectionKey, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tool.connection).flatMap(([variable, key]) =>
      parts[key] === "" ? [] : [[variable, parts[key]]],
    ),
  );
}
