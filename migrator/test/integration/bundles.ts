import { createHash } from "node:crypto";

import type { BundledMigration, MigrationBundle } from "../../src/bundle/types.ts";

type Extra = Partial<Omit<BundledMigration, "name" | "up">>;

/** A SQL migration whose statements end at a `;` at the end of a line. */
export function sql(name: string, up: string, extra: Extra = {}): BundledMigration {
  return {
    name,
    kind: "sql",
    phase: "expand",
    transaction: true,
    checksum: `sql1:${createHash("sha256").update(up).digest("hex")}`,
    file: `${name}.sql`,
    up,
    statements: statementsOf(up),
    down: null,
    ...extra,
  };
}

/** A migration in TypeScript, compiled already: the body of a CommonJS module. */
export function typescript(name: string, up: string, extra: Extra = {}): BundledMigration {
  return {
    ...sql(name, up),
    kind: "typescript",
    checksum: `ts1:${createHash("sha256").update(up).digest("hex")}`,
    file: `${name}.ts`,
    statements: [],
    ...extra,
  };
}

export function bundleOf(...migrations: readonly BundledMigration[]): MigrationBundle {
  return { format: 1, migrations };
}

function statementsOf(text: string): BundledMigration["statements"] {
  const ranges: { start: number; end: number; line: number }[] = [];
  let start = 0;
  for (const part of text.split(/(?<=;)(?=\n|$)/)) {
    const blank = part.length - part.trimStart().length;
    if (part.trim() !== "") {
      const line = text.slice(0, start + blank).split("\n").length;
      ranges.push({ start: start + blank, end: start + part.length, line });
    }
    start += part.length;
  }
  return ranges;
}
