import { describe, expect, inject, test } from "vitest";

import { create } from "../../src/commands/create.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { down, migrate } from "../../src/index.ts";
import { withFolder } from "../unit/bundle/folder.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, type TestDatabase } from "./test-database.ts";

const SQL_MIGRATE =
  "-- +migrate Up\ncreate table a (id int);\n-- +migrate Down\ndrop table a;\n-- not this one\n";

/** Both blocks are statements without a semicolon, which goose ends at its mark. */
const GOOSE = `-- +goose Up
-- +goose StatementBegin
create function f() returns int language plpgsql as $$ begin return 7; end $$
-- +goose StatementEnd
-- +goose StatementBegin
create view v as select f() as n
-- +goose StatementEnd
-- +goose Down
-- +goose StatementBegin
drop view v
-- +goose StatementEnd
drop function f();
`;

describe.each(inject("servers"))("formats on Postgres $major", (server) => {
  const made = async ({ name }: TestDatabase): Promise<unknown> =>
    await rowsOf(
      server,
      name,
      "select to_regclass('a')::text as a, to_regclass('v')::text as v, to_regproc('f')::text as f, to_regclass('migration_history')::text as history",
    );

  test("goose's blocks without semicolons run up, and down from what was kept", async () => {
    const { settings: connection, ...database } = await createDatabase(server);
    await withFolder({ "00001_a.sql": GOOSE }, async (migrations) => {
      await migrate({ connection, migrations });
    });
    const whole = { ...database, settings: connection };
    expect(await made(whole)).toEqual([{ a: null, v: "v", f: "f", history: "migration_history" }]);
    await down({ connection });
    expect(await made(whole)).toEqual([
      { a: null, v: null, f: null, history: "migration_history" },
    ]);
  });

  test("a folder of sql-migrate is refused before anything is touched; written as advised it runs", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    await withFolder({ "1_a.sql": SQL_MIGRATE }, async (migrations) => {
      const { kind, message } = await failureOf(migrate({ connection, migrations }));
      expect(kind).toBe("usage");
      expect(message).toContain('  1_a.sql:1: it is a file of sql-migrate ("-- +migrate Up")');
    });
    expect(await made(database)).toEqual([{ a: null, v: null, f: null, history: null }]);
    const advised = SQL_MIGRATE.replaceAll("-- +migrate", "-- +goose");
    await withFolder({ "1_a.sql": advised }, async (migrations) => {
      await migrate({ connection, migrations });
      expect(await made(database)).toMatchObject([{ a: "a" }]);
      await down({ connection });
      expect(await made(database)).toMatchObject([{ a: null }]);
    });
  });

  test.each(["-- migrate:up\nselect 1;\n", "-- +goose Up\nselect 1;\n"])(
    "what create writes beside %j is there and back",
    async (first) => {
      const { url } = await createDatabase(server);
      const env = { DATABASE_URL: `${url}?sslmode=disable` };
      await withFolder({ "00001_a.sql": first }, async (folder) => {
        await create({ folder, name: "b", kind: "sql" });
        const said: string[] = [];
        const streams = {
          out: (text: string) => said.push(text),
          err: (text: string) => said.push(text),
        };
        for (const argv of [["up"], ["down"], ["up"]]) {
          const all = [...argv, "--migrations", folder];
          expect(await runCli({ argv: all, env, terminal: true, streams }), said.join("")).toBe(0);
        }
        expect(said.join("")).toContain("00002_b");
      });
    },
  );
});
