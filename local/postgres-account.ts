import { runProgram } from "./run-program.ts";
import type { Say } from "./say.ts";
import { textOf, UserError } from "./user-error.ts";

/** As whom Postgres runs where this program runs as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account that Postgres' packages use too. */
const NAME = "postgres";

/**
 * The account for Postgres, which refuses to run as root: the system's user `postgres`, made where there
 * is none. `undefined`: we are not root, and Postgres runs as we do.
 *
 * @throws UserError where root has no way to another account
 */
export async function postgresAccount(say: Say): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (process.platform !== "linux") {
    throw new UserError("Postgres refuses to run as root: run npm run dev as your own user");
  }
  const existing = await lookUp();
  if (existing !== undefined) return existing;
  await createAccount();
  const created = await lookUp();
  if (created === undefined) throw new UserError(cannotCreate("the system does not know it"));
  say({
    subject: "postgres",
    tone: "notice",
    text: `made the system user ${NAME}, as Postgres refuses to run as root`,
  });
  return created;
}

async function lookUp(): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([idOf("-u"), idOf("-g")]);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

async function idOf(flag: "-u" | "-g"): Promise<number | undefined> {
  const { code, output } = await runProgram("id", [flag, NAME], {});
  return code === 0 ? Number(output) : undefined;
}

async function createAccount(): Promise<void> {
  const flags = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  let reason: string;
  try {
    const { code, output } = await runProgram("useradd", [...flags, NAME], {});
    if (code === 0) return;
    reason = output.trim();
  } catch (error) {
    reason = textOf(error);
  }
  throw new UserError(cannotCreate(reason));
}

function cannotCreate(reason: string): string {
  return `Postgres refuses to run as root, and the system user ${NAME} could not be made (${reason}): make it, or run npm run dev as another user`;
}
