import { calledBy } from "./called-functions.ts";
import type { Loss } from "./data-loss.ts";
import type { StatementTokens } from "./statement-tokens.ts";

/** Kinds of objects of which no ALTER loses data. */
const WITHOUT_DATA = new Set(
  (
    "INDEX VIEW FUNCTION PROCEDURE ROUTINE POLICY TRIGGER DEFAULT " +
    "SCHEMA STATISTICS DOMAIN AGGREGATE PUBLICATION"
  ).split(" "),
);

/** What `ALTER …` may lose; `tokens` stand at its first word. */
export function alterLosses(tokens: StatementTokens): readonly Loss[] {
  tokens.next();
  const { word } = tokens;
  if (tokens.skip("TABLE")) return tableLosses(tokens);
  if (WITHOUT_DATA.has(word)) return [];
  if (word === "TYPE" && !tokens.has("ATTRIBUTE")) return [];
  if (word === "SEQUENCE" && !tokens.has("RESTART")) return [];
  return [{ kind: "unknown", how: `ALTER ${word} …` }];
}

function tableLosses(tokens: StatementTokens): readonly Loss[] {
  tokens.skip("IF", "EXISTS");
  tokens.skip("ONLY");
  const table = tokens.name();
  if (table === null || table.toUpperCase() === "ALL") {
    return [{ kind: "unknown", how: "ALTER TABLE of several tables" }];
  }
  tokens.skip("*");
  return tokens.parts().flatMap((action): readonly Loss[] => {
    if (action.skip("DROP")) {
      if (action.word === "CONSTRAINT") return [];
      action.skip("COLUMN");
      action.skip("IF", "EXISTS");
      const column = action.name();
      const how = "drops the column";
      return [column === null ? { kind: "unknown", how } : { kind: "rows", table, column, how }];
    }
    if (action.skip("ALTER")) {
      action.skip("COLUMN");
      const column = action.name();
      const changes = action.skip("TYPE") || action.skip("SET", "DATA", "TYPE");
      // A narrower type cuts or refuses values, and USING may make anything of them.
      return changes
        ? [{ kind: "rows", table, column, how: "changes the type of the column" }]
        : [];
    }
    // A default, a check and a generated value are computed for every row that is there.
    if (action.skip("ADD")) {
      return action.skipTo("DEFAULT", "CHECK", "AS") ? calledBy(action) : [];
    }
    if (action.skip("SET", "UNLOGGED")) {
      return [{ kind: "rows", table, column: null, how: "unlogs the table" }];
    }
    return [];
  });
}
