import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { textOf, UserError } from "./user-error.ts";

/** What `npm run dev` was asked for. */
export interface Options {
  /** End as soon as everything is ready, or is known not to become so. */
  readonly once: boolean;
  /** Its file is `Pulumi.<stack>.yaml`. */
  readonly stack: string;
  /** Folder of `Pulumi.yaml`, absolute. */
  readonly project: string;
  /** Folder that keeps Postgres and the passwords, absolute. */
  readonly data: string;
  /** Postgres' port; absent: a free one, the same in every run. */
  readonly port?: number;
  /** Only these services, with the databases that they need; absent: all. */
  readonly only?: readonly string[];
  readonly help: boolean;
}

export const HELP = `npm run dev -- [flags]

Starts Postgres, migrates every database, and starts each service when its databases are ready.
Without --once it goes on: a migration that is saved is applied and its services are restarted.

  --once             end with 0 when all is ready, or with 1 and the reason
  --stack NAME       the platform of Pulumi.NAME.yaml (default: dev)
  --only A,B         only these services and the databases that they need
  --port N           port of Postgres (default: a free one, kept in the data folder)
  --data DIR         where databases and passwords are kept (default: .tidegate in the project)
  --project DIR      folder of Pulumi.yaml (default: this project)
  --help             this text
`;

/**
 * @param defaultProject Folder of the project that this program belongs to.
 * @throws UserError with `usage`, in one line
 */
export function readOptions(args: readonly string[], defaultProject: string): Options {
  const values = parse(args);
  const stack = values.stack ?? "dev";
  // Pulumi's own rule for names of stacks; anything else would leave the project's folder.
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(stack) || /^\.+$/.test(stack)) {
    throw usage(`--stack "${stack}": a name of letters, digits, "_", "-" and "." is needed`);
  }
  const project = resolve(values.project ?? defaultProject);
  return {
    once: values.once ?? false,
    stack,
    project,
    data: values.data === undefined ? resolve(project, ".tidegate") : resolve(values.data),
    ...(values.port !== undefined && { port: readPort(values.port) }),
    ...(values.only !== undefined && { only: readNames(values.only) }),
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      strict: true,
      options: {
        once: { type: "boolean" },
        stack: { type: "string" },
        only: { type: "string" },
        port: { type: "string" },
        data: { type: "string" },
        project: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // Node explains at length how to give positional arguments; the first sentence is what matters.
    const [sentence = ""] = textOf(error).split(/\.\s/, 1);
    throw usage(sentence.replace(/\.?\s*$/, ""), error);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw usage(`--port "${text}": a port from 1 to 65535 is needed`);
  }
  return port;
}

function readNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw usage(`--only "${text}": names separated by commas are needed`);
  return [...new Set(names)];
}

function usage(message: string, cause?: unknown): UserError {
  return new UserError(`${message}; see npm run dev -- --help`, { cause, usage: true });
}
