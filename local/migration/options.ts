import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { textOf, UserError } from "../user-error.ts";

/** The commands of `npm run migration:<command>`. */
const COMMANDS = ["create", "status", "history"] as const;
export type MigrationCommand = (typeof COMMANDS)[number];

/** What was asked for. */
export interface MigrationOptions {
  readonly command: MigrationCommand;
  /** Name of the database in the stack. */
  readonly database: string;
  /** Its file is `Pulumi.<stack>.yaml`. */
  readonly stack: string;
  /** Folder of `Pulumi.yaml`, absolute. */
  readonly project: string;
  /** Of `create`: what the migration does. */
  readonly name?: string;
  /** Of `create`: flags that the runner gets as they are. */
  readonly flags: readonly string[];
}

const MIGRATION_HELP = `npm run migration:create -- --database NAME [--ts] [--contract] what_it_does
npm run migration:status -- --database NAME
npm run migration:history -- --database NAME

create writes the files of a new migration into the database's folder. status and history ask the
database that the environment names (DATABASE_URL, PG*, POSTGRES_* or DB_*); without one that of the
stack, in a Job made from the CronJob <database>-status.

  --database NAME    a database of the stack
  --stack NAME       the platform of Pulumi.NAME.yaml (default: dev)
  --project DIR      folder of Pulumi.yaml (default: this project)
`;

/**
 * @param args the command, then its flags
 * @throws UserError with `usage`, in one line
 */
export function readMigrationOptions(
  args: readonly string[],
  defaultProject: string,
): MigrationOptions {
  const [word, ...rest] = args;
  const command = COMMANDS.find((each) => each === word);
  if (command === undefined) throw usage("create", `a command is needed: ${COMMANDS.join(", ")}`);
  const { values, positionals } = parse(command, rest);
  if (values.database === undefined) throw usage(command, "--database NAME is needed");
  const stack = values.stack ?? "dev";
  // Pulumi's own rule for names of stacks; anything else would leave the project's folder.
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(stack) || /^\.+$/.test(stack)) {
    throw usage(
      command,
      `--stack "${stack}": a name of letters, digits, "_", "-" and "." is needed`,
    );
  }
  const creates = command === "create";
  if (creates && positionals.length !== 1) {
    throw usage(command, "one name is needed, such as add_user_preferences");
  }
  if (!creates && (positionals.length > 0 || values.ts === true || values.contract === true)) {
    throw usage(command, "takes no name and no flags of create");
  }
  const [name] = positionals;
  return {
    command,
    database: values.database,
    stack,
    project: resolve(values.project ?? defaultProject),
    ...(name !== undefined && { name }),
    flags: [
      ...(values.ts === true ? ["--ts"] : []),
      ...(values.contract === true ? ["--contract"] : []),
    ],
  };
}

function parse(command: MigrationCommand, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: {
        database: { type: "string" },
        stack: { type: "string" },
        project: { type: "string" },
        ts: { type: "boolean" },
        contract: { type: "boolean" },
      },
    });
  } catch (error) {
    const [sentence = ""] = textOf(error).split(/\.\s/, 1);
    throw usage(command, sentence.replace(/\.?\s*$/, ""), error);
  }
}

function usage(command: MigrationCommand, message: string, cause?: unknown): UserError {
  return new UserError(`npm run migration:${command}: ${message}\n\n${MIGRATION_HELP}`, {
    cause,
    usage: true,
  });
}
