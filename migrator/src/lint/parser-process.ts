import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Node, RawStmt } from "libpg-query";
import {
  type RecordedModule,
  type Recording,
  RECORDING_LIMIT,
  RECORDINGS_LIMIT,
} from "../recording/recording.ts";
import { RECORDER_PROGRAM } from "../recording/recorder-program.ts";
import { PARSER_PROGRAM } from "./parser-program.ts";

/** What Postgres' own parser says of one text; `offset` counts UTF-16 code units. */
export type Parsed =
  | {
      readonly stmts: readonly RawStmt[];
      /** One for each statement: of a `DO` what is in it; absent where the text has no `DO`. */
      readonly blocks?: readonly (ParsedBlock | null)[];
    }
  | { readonly error: string; readonly offset: number | null };

/** The statements of a `DO` block, in the order of its text. */
export interface ParsedBlock {
  /** `line` counts from the first line of the `DO`, which is 0. */
  readonly statements: readonly {
    readonly text: string;
    readonly line: number;
    readonly stmt: Node;
  }[];
  /** What of it cannot be judged, and why. */
  readonly unread: readonly { readonly line: number; readonly reason: string }[];
}

export interface ParsedRecording extends Recording {
  /** One for each statement. */
  readonly trees: readonly Parsed[];
}

/** The parser cannot be started here; the message says why and what to do. */
export class ParserMissingError extends Error {
  override readonly name = "ParserMissingError";
}

export interface ParseRequest {
  readonly texts: readonly string[];
  readonly modules: readonly RecordedModule[];
  /** Ends the process. */
  readonly signal?: AbortSignal;
}

export interface ParseAnswer {
  readonly texts: readonly Parsed[];
  readonly recordings: readonly ParsedRecording[];
}

/**
 * Parses SQL and records TypeScript migrations, in a process of its own.
 *
 * - `--liftoff-only`, which Node takes on its command line only: V8 would optimise the parser in the
 *   background and take 620 MB for it, against 80 (measured with libpg-query 18.1.5).
 * - An empty environment: a migration that runs here must find no secret.
 *
 * @throws ParserMissingError where libpg-query or Kysely is not installed, or the process fails.
 */
export async function parseAll({ texts, modules, signal }: ParseRequest): Promise<ParseAnswer> {
  return await ask(resolve("libpg-query"), { texts, modules, ...(signal && { signal }) });
}

/**
 * Records TypeScript migrations only; for what needs no parser.
 *
 * @throws ParserMissingError as {@link parseAll} does.
 */
export async function recordAll(
  modules: readonly RecordedModule[],
  signal?: AbortSignal,
): Promise<readonly Recording[]> {
  const { recordings } = await ask(null, { texts: [], modules, ...(signal && { signal }) });
  return recordings.map(({ statements, partial }) => ({ statements, partial }));
}

async function ask(parser: string | null, request: ParseRequest): Promise<ParseAnswer> {
  const { texts, modules, signal } = request;
  if (texts.length + modules.length === 0) return { texts: [], recordings: [] };
  const kysely = modules.length === 0 ? { beside: null, packages: {} } : kyselyFiles();
  const child = spawn(process.execPath, ["--liftoff-only", "--eval", PARSER_PROGRAM], {
    env: {},
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    windowsHide: true,
    ...(signal && { signal }),
  });
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-2_000);
  });
  const answer = await new Promise<unknown>((settle, fail) => {
    child.once("error", (error) => {
      const reason: unknown = signal?.reason;
      fail(signal?.aborted === true && reason instanceof Error ? reason : error);
    });
    child.once("message", settle);
    child.once("close", (code, killedBy) => {
      const why = complaints.trim().split("\n")[0] ?? "";
      const how = killedBy ?? `code ${code ?? "unknown"}`;
      fail(new ParserMissingError(`the parser's process ended (${how})${why && `: ${why}`}`));
    });
    child.send({
      parser,
      texts,
      recordings: {
        program: RECORDER_PROGRAM,
        modules,
        kysely,
        limit: RECORDING_LIMIT,
        totalLimit: RECORDINGS_LIMIT,
      },
    });
  });
  if (isAnswer(answer)) return answer;
  const reason = isFailure(answer) ? answer.failed : "no answer";
  throw new ParserMissingError(`the parser does not work: ${reason}`);
}

function isAnswer(value: unknown): value is ParseAnswer {
  return typeof value === "object" && value !== null && "texts" in value && "recordings" in value;
}

function isFailure(value: unknown): value is { readonly failed: string } {
  return typeof value === "object" && value !== null && "failed" in value;
}

/** This file, or the bundle that it is part of: CommonJS there. */
const HERE = typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url);

const KYSELY = ["kysely", "kysely/helpers/postgres", "kysely/migration", "kysely/readonly"];

/** Kysely in one file: beside the bundled runner, or as the build left it for this source. */
const KYSELY_FILES = ["kysely.cjs", "kysely.js", "../../dist/kysely.cjs"];

/** Kysely as one file where there is one, which loads in an eighth of the time, or as packages. */
function kyselyFiles(): { beside: string | null; packages: Record<string, string> } {
  const folder = dirname(HERE);
  const beside = KYSELY_FILES.map((file) => join(folder, file)).find(existsSync);
  if (beside !== undefined) return { beside, packages: {} };
  return {
    beside: null,
    packages: Object.fromEntries(KYSELY.map((name) => [name, resolve(name)])),
  };
}

function resolve(name: string): string {
  try {
    return createRequire(HERE).resolve(name);
  } catch (cause) {
    throw new ParserMissingError(
      `the package ${name} is not installed here. Run this where the project is checked out, after npm ci: it is no part of what a Job needs`,
      { cause },
    );
  }
}
