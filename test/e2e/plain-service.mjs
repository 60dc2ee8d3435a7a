// The service of test/e2e/other-runners.test.ts: it runs what it is asked for with its own login.
import { createServer } from "node:http";
import { Client } from "pg";

async function answer(text) {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  try {
    await client.connect();
    const { rows } = await client.query(text);
    return { rows };
  } catch (error) {
    return { code: error.code ?? "unknown", message: error.message };
  } finally {
    await client.end().catch(() => undefined);
  }
}

createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/healthz") {
    response.end("well");
    return;
  }
  const ready = url.pathname === "/readyz";
  const result = await answer(
    ready ? "select count(*) from things" : (url.searchParams.get("text") ?? "select 1"),
  );
  response.statusCode = ready && "code" in result ? 503 : 200;
  response.end(JSON.stringify(result));
}).listen(Number(process.env.PORT));
