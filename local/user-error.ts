/**
 * Something that the developer can put right: the message says what, where and what to do next, and is
 * printed without a stack. `usage` marks wrong flags (exit code 2).
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly usage: boolean;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly usage?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.usage = options.usage ?? false;
  }
}

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `ENOENT` and the like; `undefined` where the error has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
