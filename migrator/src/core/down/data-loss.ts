import { alterLosses } from "./alter-losses.ts";
import { calledBy } from "./called-functions.ts";
import { StatementTokens } from "./statement-tokens.ts";

/** What a statement would take away, if it holds anything. */
export type Loss =
  | {
      readonly kind: "rows";
      /** As written in the statement. */
      readonly table: string;
      /** Only the values of this column; `null`: whole rows. */
      readonly column: string | null;
      /** For messages: `drops the table`. */
      readonly how: string;
    }
  /** Nobody can tell from the text what it does. */
  | { readonly kind: "unknown"; readonly how: string };

/**
 * What a statement of a way down may lose. The Job has no parser, so this goes by the first words and
 * errs on the side of a loss: what is not known to be harmless is `unknown`, and needs consent.
 * Without CASCADE Postgres itself refuses to drop a type, a schema or a domain that something uses.
 */
export function lossesOf(statement: string): readonly Loss[] {
  const tokens = new StatementTokens(statement);
  const { word } = tokens;
  if (HARMLESS.has(word)) return [];
  switch (word) {
    case "":
      return [];
    case "CREATE":
      return createLosses(tokens);
    case "DROP":
      return dropLosses(tokens);
    case "ALTER":
      return alterLosses(tokens);
    case "TRUNCATE":
      tokens.next();
      tokens.skip("TABLE");
      return tokens.parts().map((part) => {
        part.skip("ONLY");
        return rowsOf(part.name(), null, "empties the table");
      });
    case "DELETE":
      tokens.skip("DELETE", "FROM");
      tokens.skip("ONLY");
      return [rowsOf(tokens.name(), null, "deletes from the table"), ...calledBy(tokens)];
    case "UPDATE":
      tokens.next();
      tokens.skip("ONLY");
      return [rowsOf(tokens.name(), null, "overwrites values of the table"), ...calledBy(tokens)];
    case "INSERT":
      return insertLosses(tokens);
    case "SELECT":
    case "WITH":
    case "VALUES":
      return tokens.has("DELETE", "UPDATE", "MERGE", "INSERT", "INTO")
        ? [unknown("a query that writes")]
        : calledBy(tokens);
    default:
      return [unknown(word === "DO" ? "a DO block" : `${word} …`)];
  }
}

const HARMLESS = new Set([
  "COMMENT",
  "GRANT",
  "REVOKE",
  "SET",
  "RESET",
  "SHOW",
  "ANALYZE",
  "LOCK",
  "REINDEX",
  "VACUUM",
  "REFRESH",
  "SAVEPOINT",
  "RELEASE",
  "ROLLBACK",
]);

/** Only a query that is run may lose something: a view's or a function's is written down. */
function createLosses(tokens: StatementTokens): readonly Loss[] {
  tokens.next();
  while (
    tokens.skip("GLOBAL") ||
    tokens.skip("LOCAL") ||
    tokens.skip("UNLOGGED") ||
    tokens.skip("TEMP") ||
    tokens.skip("TEMPORARY")
  );
  const what = tokens.skip("TABLE")
    ? "CREATE TABLE"
    : tokens.skip("MATERIALIZED", "VIEW")
      ? "CREATE MATERIALIZED VIEW"
      : null;
  if (what === null || !tokens.skipTo("AS")) return [];
  return tokens.has("DELETE", "UPDATE", "MERGE", "INSERT", "EXECUTE")
    ? [unknown(`${what} … AS of a query that writes`)]
    : calledBy(tokens);
}

function insertLosses(tokens: StatementTokens): readonly Loss[] {
  tokens.skip("INSERT", "INTO");
  const table = tokens.name();
  if (tokens.hasInOrder("DO", "UPDATE")) {
    return [rowsOf(table, null, "overwrites rows of the table"), ...calledBy(tokens)];
  }
  return tokens.has("DELETE", "UPDATE", "MERGE")
    ? [unknown("INSERT of a query that writes")]
    : calledBy(tokens);
}

/** What is dropped without data of its own, as long as nothing else goes with it. */
const WITHOUT_DATA = new Set(
  (
    "INDEX VIEW TRIGGER FUNCTION PROCEDURE ROUTINE AGGREGATE POLICY " +
    "RULE STATISTICS TYPE DOMAIN SCHEMA COLLATION CAST OPERATOR " +
    "EVENT PUBLICATION TEXT CONVERSION"
  ).split(" "),
);

function dropLosses(tokens: StatementTokens): readonly Loss[] {
  tokens.next();
  const { word } = tokens;
  if (
    tokens.skip("TABLE") ||
    tokens.skip("MATERIALIZED", "VIEW") ||
    tokens.skip("FOREIGN", "TABLE")
  ) {
    tokens.skip("IF", "EXISTS");
    return tokens.parts().map((part) => rowsOf(part.name(), null, "drops the table"));
  }
  if (WITHOUT_DATA.has(word) && !tokens.has("CASCADE")) return [];
  return [unknown(`DROP ${word}${tokens.has("CASCADE") ? " … CASCADE" : ""}`)];
}

function unknown(how: string): Loss {
  return { kind: "unknown", how };
}

function rowsOf(table: string | null, column: string | null, how: string): Loss {
  return table === null ? unknown(how) : { kind: "rows", table, column, how };
}
