import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { run } from "./project.ts";

// Each test starts programs, several seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const MARKER = "<!-- tidegate preview: dev -->";

/** A request for more than reading, as it arrived. */
interface Written {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: unknown;
}

let folder: string;
let server: Server;
let comments: readonly { id: number; body: string; user: { type: string } }[];
let written: Written[];
let status: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-comment-"));
  await writeFile(join(folder, "preview-dev.md"), "### `dev`: preview\n");
  comments = [];
  written = [];
  status = 200;
  server = createServer((request, response) => {
    void answer(request).then((body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function answer(request: IncomingMessage): Promise<unknown> {
  const { method, url } = request;
  if (method !== "GET") {
    written.push({ method, url, body: await json(request) });
    return {};
  }
  const page = Number(new URL(url ?? "", "http://api.test").searchParams.get("page"));
  return comments.slice((page - 1) * 100, page * 100);
}

async function comment() {
  const { port } = server.address() as AddressInfo;
  return await run("scripts/deploy/comment-preview.mjs", ["dev"], {
    env: {
      DEPLOY_DIR: folder,
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: "acme/tidegate",
      GITHUB_TOKEN: "token",
      PULL_REQUEST: "7",
    },
  });
}

test("the first preview of a stack writes a comment", async () => {
  comments = [{ id: 1, body: "<!-- tidegate preview: prod -->", user: { type: "Bot" } }];
  expect(await comment()).toEqual({ code: 0, stdout: "wrote the comment for dev\n", stderr: "" });
  expect(written).toEqual([
    {
      method: "POST",
      url: "/repos/acme/tidegate/issues/7/comments",
      body: { body: `${MARKER}\n### \`dev\`: preview\n` },
    },
  ]);
});

test("a later one edits it, however long the talk in between", async () => {
  const talk = Array.from({ length: 130 }, (_, id) => ({
    id,
    body: MARKER,
    user: { type: "User" },
  }));
  comments = [...talk, { id: 4711, body: `${MARKER}\nold`, user: { type: "Bot" } }];
  expect(await comment()).toEqual({ code: 0, stdout: "edited the comment for dev\n", stderr: "" });
  expect(written.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "PATCH /repos/acme/tidegate/issues/comments/4711",
  ]);
});

test("a refusal of GitHub ends it with the reason, without the token", async () => {
  status = 403;
  const { code, stderr } = await comment();
  expect(code).toBe(1);
  expect(stderr).toBe(
    "comment-preview: GET issues/7/comments?per_page=100&page=1 answered 403: []\n",
  );
});
