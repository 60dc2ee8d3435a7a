/**
 * Puts a stack's preview into its one comment on a pull request: edits it where it is, else writes it.
 *
 * Usage: node scripts/deploy/comment-preview.mjs STACK
 * Environment: GITHUB_TOKEN (pull-requests: write), GITHUB_REPOSITORY, PULL_REQUEST (its number),
 * GITHUB_API_URL, default https://api.github.com, and DEPLOY_DIR, where preview.sh left the report.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** GitHub's greatest page. */
const PAGE = 100;

const [stack] = process.argv.slice(2);
const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, PULL_REQUEST: number } = process.env;
const folder =
  process.env["DEPLOY_DIR"] ?? fileURLToPath(new URL("../../.tidegate/deploy", import.meta.url));
const api = process.env["GITHUB_API_URL"] ?? "https://api.github.com";

if (
  !/^[A-Za-z0-9_.-]+$/.test(stack ?? "") ||
  !token ||
  !repository ||
  !/^[0-9]+$/.test(number ?? "")
) {
  process.stderr.write(
    "usage: GITHUB_TOKEN=… GITHUB_REPOSITORY=owner/name PULL_REQUEST=1 node scripts/deploy/comment-preview.mjs STACK\n",
  );
  process.exit(2);
}

try {
  await putComment();
} catch (error) {
  process.stderr.write(
    `comment-preview: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}

async function putComment() {
  const marker = `<!-- tidegate preview: ${stack} -->`;
  const report = join(folder, `preview-${stack}.md`);
  const body = { body: `${marker}\n${readFileSync(report, "utf8")}` };
  const own = await findComment(marker);
  if (own === undefined) await request("POST", `issues/${number}/comments`, body);
  else await request("PATCH", `issues/comments/${own.id}`, body);
  process.stdout.write(`${own === undefined ? "wrote" : "edited"} the comment for ${stack}\n`);
}

async function findComment(marker) {
  for (let page = 1; ; page += 1) {
    const comments = await request(
      "GET",
      `issues/${number}/comments?per_page=${PAGE}&page=${page}`,
    );
    // Only a bot's: whoever quotes the marker in a comment of their own keeps it.
    const found = comments.find(
      ({ body, user }) => user?.type === "Bot" && body.startsWith(marker),
    );
    if (found !== undefined || comments.length < PAGE) return found;
  }
}

async function request(method, path, body) {
  const response = await fetch(`${api}/repos/${repository}/${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "x-github-api-version": "2022-11-28",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(
      `${method} ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`,
    );
  }
  return response.json();
}
