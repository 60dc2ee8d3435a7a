import type { IndexStmt } from "libpg-query";
import { nameKey, nameParts, sqlName, tableKey, tableName, usualName } from "../names.ts";
import type { Draft } from "../finding.ts";
import { isOthers, type Scene, type Step } from "../scene.ts";

const OWN_FILE = "-- tidegate:no-transaction, in a file of its own\n";

/** Indexes that are built, dropped or rebuilt. */
export function indexRules(step: Step, scene: Scene): Draft[] {
  const { tree, text } = step;
  if ("IndexStmt" in tree) {
    const { relation, concurrent, idxname } = tree.IndexStmt;
    if (concurrent === true) {
      if (idxname !== undefined) return [];
      const message =
        "this index has no name: an invalid one left by a failed attempt cannot be found again";
      return [
        { rule: "concurrently-without-name", message, safe: `${named(text, tree.IndexStmt)};` },
      ];
    }
    if (!isOthers(scene, relation)) return [];
    const table = tableName(relation);
    return [
      {
        rule: "index-without-concurrently",
        message: `no row of ${table} can be written while the index is built`,
        lock: { mode: "SHARE", table },
        safe:
          OWN_FILE +
          concurrently(
            idxname === undefined ? named(text, tree.IndexStmt) : text,
            /^(\s*create\s+(?:unique\s+)?index)\b/i,
          ),
      },
    ];
  }
  if ("DropStmt" in tree && tree.DropStmt.removeType === "OBJECT_INDEX") {
    const { objects = [], concurrent, missing_ok: ifExists } = tree.DropStmt;
    const names = objects.map(nameParts).filter((parts) => !scene.created.has(nameKey(parts)));
    if (concurrent === true || names.length === 0) return [];
    const safe = names
      .map(
        (parts) =>
          `drop index concurrently ${ifExists === true ? "if exists " : ""}${sqlName(parts)};`,
      )
      .join("\n");
    const message =
      "it waits for every query of the index's table, and all later queries wait behind it";
    const lock = { mode: "ACCESS EXCLUSIVE", table: null } as const;
    return [{ rule: "drop-index-without-concurrently", message, lock, safe: OWN_FILE + safe }];
  }
  if ("ReindexStmt" in tree) {
    const { params = [], relation, kind } = tree.ReindexStmt;
    const names = params.map((node) => ("DefElem" in node ? node.DefElem.defname : ""));
    if (names.includes("concurrently")) return [];
    if (relation !== undefined && scene.created.has(tableKey(relation))) return [];
    // Of an index only the table behind it is locked this way, and the statement does not name it.
    const table =
      kind === "REINDEX_OBJECT_TABLE" && relation !== undefined ? tableName(relation) : null;
    return [
      {
        rule: "reindex-without-concurrently",
        message: "no row of the table can be written while its indexes are rebuilt",
        lock: { mode: "SHARE", table },
        safe:
          OWN_FILE +
          concurrently(
            text,
            /^(\s*reindex\s+(?:\([^)]*\)\s*)?(?:index|table|schema|database|system))\b/i,
          ),
      },
    ];
  }
  return [];
}

function concurrently(text: string, keyword: RegExp): string {
  const written = text.replace(keyword, (all: string) => {
    return `${all} ${/[A-Z]{3}/.test(all) ? "CONCURRENTLY" : "concurrently"}`;
  });
  return `${written.trim()};`;
}

/** The statement with the name that Postgres would give; expressions are called `expr` there too. */
function named(text: string, { relation, indexParams = [] }: IndexStmt): string {
  const columns = indexParams.map((node) =>
    "IndexElem" in node ? (node.IndexElem.name ?? "expr") : "expr",
  );
  const name = usualName(relation, columns, "idx");
  return text
    .trim()
    .replace(
      /^(create\s+(?:unique\s+)?index(?:\s+concurrently)?(?:\s+if\s+not\s+exists)?)(?=\s+on\b)/i,
      `$1 ${name}`,
    );
}
