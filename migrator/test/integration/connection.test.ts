import { createServer } from "node:net";

import { beforeAll, describe, expect, inject, test } from "vitest";

import { type ConnectionSettings, history, migrate, type TlsSettings } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { selfSigned } from "./certificate.ts";
import { failureOf } from "./failure.ts";
import { withFakePooler } from "./fake-pooler.ts";
import { createDatabase, eventually, rowsOf, settingsOf, withClient } from "./test-database.ts";

const A = bundleOf(sql("001_a", "create table a (id int);"));

describe.each(inject("servers"))("connecting to Postgres $major", (server) => {
  const at = (more: Partial<ConnectionSettings>): ConnectionSettings => ({
    ...settingsOf(server, server.database),
    ...more,
  });

  test.each([
    [
      "a wrong password",
      { password: "wrong" },
      /password authentication failed for user "postgres"/,
      "28P01",
      /check user and password/,
    ],
    [
      "no password",
      { password: "" },
      /the server asks for a password and none is given/,
      undefined,
      /set the password/,
    ],
    [
      "an unknown database",
      { database: "no_such_database" },
      /database "no_such_database" does not exist/,
      "3D000",
      /migrator bootstrap/,
    ],
  ] as const)(
    "%s fails at once, with address, login and what to do",
    async (_name, more, message, code, next) => {
      const error = await failureOf(history({ connection: at(more) }));
      expect(error.kind).toBe("connection");
      expect(error.message).toMatch(message);
      expect(error.message).toContain(`127.0.0.1:${server.port}/`);
      expect(error.details.sqlstate).toBe(code);
      expect(error.details.next).toMatch(next);
      expect(JSON.stringify(error)).not.toContain(server.password);
    },
  );

  test("a pooler is refused, as no lock holds behind it", async () => {
    const database = await createDatabase(server);
    const error = await withFakePooler(server, (port) =>
      failureOf(migrate({ connection: { ...database.settings, port }, migrations: A })),
    );
    expect(error.message).toMatch(
      /is a connection pooler: it announced backend 4000000 and \d+ answers/,
    );
    expect(error.details.next).toBe("give the runner an address that leads straight to Postgres");
    expect(await rowsOf(server, database.name, "select to_regclass('a')::text as a")).toEqual([
      { a: null },
    ]);
  });

  test("the session is named, and a hung or killed one does not hold its locks for ever", async () => {
    const database = await createDatabase(server);
    await migrate({
      connection: database.settings,
      migrations: bundleOf(
        sql(
          "001_seen",
          `create table seen as
             select name, setting from pg_settings
              where name in ('application_name', 'client_connection_check_interval',
                             'idle_in_transaction_session_timeout', 'lock_timeout');`,
        ),
      ),
    });
    expect(await rowsOf(server, database.name, "select * from seen order by name")).toEqual([
      { name: "application_name", setting: "migrator/0.1.0" },
      { name: "client_connection_check_interval", setting: "2000" },
      { name: "idle_in_transaction_session_timeout", setting: "300000" },
      { name: "lock_timeout", setting: "100" },
    ]);
  });
});

describe.each(inject("servers"))("TLS to Postgres $major", (server) => {
  const right = selfSigned("db.test");
  const other = selfSigned("db.test");
  const settings = (tls: TlsSettings): ConnectionSettings => ({
    ...settingsOf(server, server.database),
    tls,
  });
  const look = (tls: TlsSettings): Promise<unknown> => history({ connection: settings(tls) });

  beforeAll(async () => {
    await withClient(settingsOf(server, server.database), async (client) => {
      const put = async (file: string, text: string): Promise<void> => {
        const lines = text.split("\n").map((line) => client.escapeLiteral(line));
        // The server refuses a key that others may read, and COPY TO writes files that they may.
        await client.query(
          `copy (select unnest(array[${lines.join(",")}])) to program 'umask 077; cat > ${file}'`,
        );
      };
      await put("test.crt", right.cert);
      await put("test.key", right.key);
      await client.query("alter system set ssl_cert_file = 'test.crt'");
      await client.query("alter system set ssl_key_file = 'test.key'");
      await client.query("alter system set ssl = on");
      await client.query("select pg_reload_conf()");
    });
    await eventually(async () => {
      const [row] = await rowsOf<{ ssl: string }>(server, server.database, "show ssl");
      return row?.ssl === "on";
    });
  });

  test("verify-full accepts the authority's certificate under the name that it carries", async () => {
    const tls = { mode: "verify-full", ca: right.cert, serverName: "db.test" } as const;
    expect(await look(tls)).toEqual([]);
  });

  test("verify-full refuses another name, verify-ca does not ask for it", async () => {
    const error = await failureOf(look({ mode: "verify-full", ca: right.cert }));
    expect(error.kind).toBe("connection");
    expect(error.message).toContain(
      "the server's certificate is refused: Hostname/IP does not match",
    );
    expect(error.details.next).toContain("PGTLSSERVERNAME");
    expect(await look({ mode: "verify-ca", ca: right.cert })).toEqual([]);
  });

  test.each(["verify-full", "verify-ca"] as const)(
    "%s refuses a certificate of nobody we trust",
    async (mode) => {
      for (const ca of [other.cert, undefined]) {
        const tls = { mode, serverName: "db.test", ...(ca === undefined ? {} : { ca }) };
        const error = await failureOf(look(tls));
        expect(error.message).toContain("the server's certificate is refused:");
      }
    },
  );
});

test("a server without TLS is named as such, before any password is sent", async () => {
  // The test servers speak TLS by now; this one answers the request for it with N, as Postgres does.
  const plain = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write("N"));
  });
  await new Promise<void>((resolve) => {
    plain.listen(0, "127.0.0.1", resolve);
  });
  const address = plain.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const connection = {
      host: "127.0.0.1",
      port,
      database: "d",
      user: "u",
      password: "p",
      tls: { mode: "verify-full" },
    } as const;
    const error = await failureOf(history({ connection }));
    expect(error.message).toBe(`127.0.0.1:${port}/d as u: the server does not speak TLS`);
  } finally {
    plain.close();
  }
});
