import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Answer, Route } from "./routes.ts";

export interface HttpServerArgs {
  readonly routes: ReadonlyMap<string, Route>;
  readonly isStopping: () => boolean;
  /** Told of a fault in the program; the client gets a plain 500. */
  readonly onError: (error: unknown) => void;
}

/** Answers GET (and HEAD) with JSON; it is not listening yet. */
export function makeHttpServer(args: HttpServerArgs): Server {
  return createServer((request, response) => {
    answer(request, args.routes).then(
      (found) => {
        // A client that keeps its connection would keep a stopping process alive.
        if (args.isStopping()) response.setHeader("connection", "close");
        send(request, response, found.status, found.body);
      },
      (error: unknown) => {
        args.onError(error);
        send(request, response, 500, { error: "internal error; the service's log says more" });
      },
    );
  });
}

async function answer(
  request: IncomingMessage,
  routes: ReadonlyMap<string, Route>,
): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, body: { error: "allowed are GET and HEAD" } };
  }
  const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
  const route = routes.get(path);
  if (route === undefined) {
    return { status: 404, body: { error: `paths are ${[...routes.keys()].join(", ")}` } };
  }
  return await route(new URLSearchParams(query));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: object,
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
