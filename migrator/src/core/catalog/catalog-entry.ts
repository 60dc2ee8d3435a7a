/** One fact of a schema as text that compares: two databases that agree on all of them are alike. */
export interface CatalogEntry {
  /** What it is about: `table users`, `function total(integer)`. Names in `public` stand alone. */
  readonly object: string;
  /** What it says about it, unique for the object: `column nick`. Empty: that it exists. */
  readonly key: string;
  /** The whole fact: `column nick text not null`. Empty where the object's existence is all. */
  readonly text: string;
}

/** All that is compared of a schema, in the order of objects and keys. */
export type Catalog = readonly CatalogEntry[];

/** Facts whose key begins like this are privileges. */
export const GRANT = "grant to ";
