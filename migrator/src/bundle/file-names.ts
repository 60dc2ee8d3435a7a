/** What a file of the folder is, by its name. */
export type FolderFile =
  | {
      readonly kind: "sql" | "code";
      readonly file: string;
      readonly name: string;
      /** `NNN_name.contract.sql`: the name says that it is of the contract phase. */
      readonly contract: boolean;
    }
  /** `NNN_name.down.sql`, or a file in `rollback/`; `names` is what it may be called after. */
  | {
      readonly kind: "down";
      readonly file: string;
      readonly name: string;
      readonly anyName: boolean;
    }
  | { readonly kind: "ignored"; readonly file: string }
  | { readonly kind: "unknown"; readonly file: string };

/** What a folder may hold, for messages. */
export const ALLOWED_FILES =
  "Allowed are NNN_name.sql, NNN_name.up.sql and NNN_name.ts (.mts, .cts, .js, .mjs, .cjs) with a number " +
  "in front and letters, digits, _ . - in the name, NNN_name.contract.sql for the contract phase; ways down as " +
  "NNN_name.down.sql, rollback/NNN_name.sql or rollback/NNN_rollback.sql; *.md and dotfiles, which are ignored; " +
  "and what a migration imports";

const SQL = /^(\d+_[A-Za-z0-9_-][A-Za-z0-9_.-]*?)(\.contract)?(\.up|\.down)?\.sql$/;
const CODE = /^(\d+_[A-Za-z0-9_-][A-Za-z0-9_.-]*?)(\.contract)?\.(?:ts|mts|cts|js|mjs|cjs)$/;
/** In code the way down is a function, and a declaration file holds none. */
const NOT_CODE = /\.(?:d|up|down)$/;
const ROLLBACK = /^rollback\/(\d+_[A-Za-z0-9_-][A-Za-z0-9_.-]*?)(?:\.contract)?\.sql$/;
const ANY_NAME = /^\d+_rollback(?:_|$)/;

/** @param file path relative to the folder, with `/` */
export function classify(file: string): FolderFile {
  const base = file.slice(file.lastIndexOf("/") + 1);
  if (base.startsWith(".") || /\.md$/i.test(base)) return { kind: "ignored", file };
  const rollback = ROLLBACK.exec(file)?.[1];
  if (rollback !== undefined) {
    return { kind: "down", file, name: rollback, anyName: ANY_NAME.test(rollback) };
  }
  const [, name, contract, suffix] = SQL.exec(file) ?? [];
  if (name !== undefined) {
    return suffix === ".down"
      ? { kind: "down", file, name, anyName: false }
      : { kind: "sql", file, name, contract: contract !== undefined };
  }
  const [, code, late] = CODE.exec(file) ?? [];
  if (code !== undefined && !NOT_CODE.test(code)) {
    return { kind: "code", file, name: code, contract: late !== undefined };
  }
  return { kind: "unknown", file };
}
