import { alterLosses } from "./alter-losses.ts";
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
      // CREATE TABLE … AS may call anything; CREATE FUNCTION only writes a body down.
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

/** Functions that change no row; any other may do anything. */
const PURE = new Set(
  (
    "coalesce count max min sum now lower upper " +
    "exists in values set_config current_setting pg_sleep gen_random_uuid nullif " +
    "using over and or not where from as " +
    "on then else when select any concat trim " +
    "length cast row_number array_agg to_char replace by"
  ).split(" "),
);

function calledBy(tokens: StatementTokens): readonly Loss[] {
  const stranger = tokens.calls().find((name) => !PURE.has(name));
  return stranger === undefined ? [] : [unknown(`a call of ${stranger}()`)];
}

function createLosses(tokens: StatementTokens): readonly Loss[] {
  const copies = tokens.hasInOrder("AS", "SELECT") || tokens.hasInOrder("AS", "WITH");
  const view = tokens.has("VIEW", "FUNCTION", "PROCEDURE");
  if (!copies || view) return [];
  return tokens.has("DELETE", "UPDATE", "MERGE", "INSERT", "EXECUTE")
    ? [unknown("CREATE TABLE … AS of a query that writes")]
    : [];
}

function insertLosses(tokens: StatementTokens): readonly Loss[] {
  tokens.skip("INSERT", "INTO");
  const table = tokens.name();
  if (tokens.hasInOrder("DO", "UPDATE")) {
    return [rowsOf(table, null, "overwrites rows of the table")];
  }
  return tokens.has("DELETE", "UPDATE", "MERGE") ? [unknown("INSERT of a query that writes")] : [];
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
