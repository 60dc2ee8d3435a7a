/** Kinds of objects that queries and code name, by the parser's word for them. */
export const USED: Readonly<Record<string, string>> = {
  OBJECT_AGGREGATE: "aggregate",
  OBJECT_ATTRIBUTE: "attribute",
  OBJECT_COLLATION: "collation",
  OBJECT_COLUMN: "column",
  OBJECT_DOMAIN: "domain",
  OBJECT_EXTENSION: "extension",
  OBJECT_FOREIGN_SERVER: "foreign server",
  OBJECT_FOREIGN_TABLE: "foreign table",
  OBJECT_FUNCTION: "function",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_OPERATOR: "operator",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_PUBLICATION: "publication",
  OBJECT_ROUTINE: "routine",
  OBJECT_SCHEMA: "schema",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_TABLE: "table",
  OBJECT_TSCONFIGURATION: "text search configuration",
  OBJECT_TSDICTIONARY: "text search dictionary",
  OBJECT_TYPE: "type",
  OBJECT_VIEW: "view",
};

/** Those of them that `pg_locks` shows as relations. */
export const RELATIONS: readonly string[] = [
  "OBJECT_FOREIGN_TABLE",
  "OBJECT_MATVIEW",
  "OBJECT_TABLE",
  "OBJECT_VIEW",
];
