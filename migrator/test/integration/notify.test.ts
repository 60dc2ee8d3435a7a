import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, afterAll, describe, expect, inject, test } from "vitest";

import { runCli } from "../../src/cli/run-cli.ts";
import { createDatabase, type TestDatabase } from "./test-database.ts";

/** What a webhook received, in order. */
const received: { readonly path: string; readonly type: string; readonly text: string }[] = [];
let server: Server;
let base = "";
/** A port that was free a moment ago. */
let closed = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const path = request.url ?? "";
      const { text } = JSON.parse(body) as { text: string };
      received.push({ path, type: request.headers["content-type"] ?? "", text });
      answer(path, response);
    });
  });
  base = await listen(server);
  const other = createServer();
  closed = await listen(other);
  await new Promise((resolve) => other.close(resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function answer(path: string, response: ServerResponse): void {
  if (path === "/hang") return;
  if (path === "/500") response.statusCode = 500;
  if (path === "/elsewhere") response.writeHead(302, { location: "/ok" });
  response.end("ok");
}

async function listen(on: Server): Promise<string> {
  await new Promise<void>((resolve) => on.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(on.address() as AddressInfo).port}`;
}

describe("a webhook", () => {
  const [postgres] = inject("servers");
  if (postgres === undefined) throw new Error("there is no test server");

  /** Runs `up` as a Job does, and returns what it printed and what the webhook received meanwhile. */
  async function up(
    database: TestDatabase,
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>>,
  ) {
    const { host, port, user, password } = database.settings;
    const folder = await mkdtemp(join(tmpdir(), "tidegate-notify-"));
    const before = received.length;
    let printed = "";
    try {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const code = await runCli({
        argv: ["up", "--migrations", folder],
        env: {
          PGHOST: host,
          PGPORT: String(port),
          PGDATABASE: database.settings.database,
          PGUSER: user,
          PGPASSWORD: password ?? "",
          PGSSLMODE: "disable",
          ...env,
        },
        streams: { out: (text) => (printed += text), err: (text) => (printed += text) },
        terminal: false,
      });
      return { code, printed, told: received.slice(before) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  const GOOD = { "001_a.sql": "create table a (id int);\n" };
  const BAD = { ...GOOD, "002_b.sql": 'select 1 / 0 as "<!channel> & co";\n' };

  test("hears of what was applied, once, and of a run with nothing to do not at all", async () => {
    const database = await createDatabase(postgres);
    const env = { NOTIFY_WEBHOOK_URL: `${base}/ok`, NOTIFY_SUBJECT: "shop/prod" };
    const first = await up(database, GOOD, env);
    expect(first.code).toBe(0);
    const { database: name } = database.settings;
    expect(first.told).toEqual([
      {
        path: "/ok",
        type: "application/json",
        text: `Migrated (shop/prod): ${name}: applied 1 migration (001_a); at 001_a`,
      },
    ]);
    const second = await up(database, GOOD, env);
    expect(second).toMatchObject({ code: 0, told: [] });
  });

  test("hears of a failure with the verdict, in which nothing calls a channel", async () => {
    const database = await createDatabase(postgres);
    const { code, told } = await up(database, BAD, { NOTIFY_WEBHOOK_URL: `${base}/ok` });
    expect(code).toBe(1);
    expect(told.length).toBe(1);
    expect(told[0]?.text).toMatch(/^Migration FAILED: 002_b\.sql:1: division by zero/);
    expect(told[0]?.text).not.toContain("<!channel>");
  });

  test.each([
    ["success", 0, 1],
    ["failure", 1, 0],
  ])("that wants to hear of %s hears of nothing else", async (wanted, ofFailures, ofSuccesses) => {
    const database = await createDatabase(postgres);
    const env = { NOTIFY_WEBHOOK_URL: `${base}/ok`, NOTIFY_ON: wanted };
    const applied = await up(database, GOOD, env);
    const failed = await up(database, BAD, env);
    expect([failed.told.length, applied.told.length]).toEqual([ofFailures, ofSuccesses]);
  });

  test.each([
    ["hangs", () => `${base}/hang`, "no answer within 5 s"],
    ["answers 500", () => `${base}/500`, "it answered 500"],
    ["refuses", () => `${closed}/s3cr3t`, "ECONNREFUSED"],
    ["leads elsewhere", () => `${base}/elsewhere`, "the URL is not usable, or led elsewhere"],
    ["is no URL", () => "s3cr3t-no-url", "ERR_INVALID_URL"],
  ])("that %s fails no migration, and its URL is not printed", async (_what, url, reason) => {
    const database = await createDatabase(postgres);
    const { code, printed } = await up(database, GOOD, { NOTIFY_WEBHOOK_URL: url() });
    expect(code).toBe(0);
    expect(printed).toContain(`"message":"the webhook was not told: ${reason}"`);
    expect(printed).not.toContain(url());
    expect(printed).not.toContain("s3cr3t");
  });

  test("its URL is blotted out of whatever is printed, as it stands in a migration's own message", async () => {
    const database = await createDatabase(postgres);
    const url = `${base}/ok?token=abc`;
    const files = { "001_a.sql": `do $$ begin raise exception 'posting to ${url}'; end $$;\n` };
    const { code, printed, told } = await up(database, files, { NOTIFY_WEBHOOK_URL: url });
    expect(code).toBe(1);
    expect(printed).toContain("posting to ***");
    expect(printed).not.toContain("token=abc");
    expect(told[0]?.text).toContain("posting to ***");
  });
});
