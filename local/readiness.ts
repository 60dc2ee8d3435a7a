import { get } from "node:http";
import { textOf } from "./user-error.ts";

/** What a service's probe answered. */
export type Probe = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Bound of one question, in milliseconds; that of a pod's readiness probe. */
const TIMEOUT_MS = 5_000;

/** An answer that says why is short; a page of HTML says nothing. */
const REASON_CHARACTERS = 400;

/** Asks a service once whether it can serve: an answer of 200 to its readiness path. */
export function probe(port: number, path: string): Promise<Probe> {
  const url = `http://localhost:${port}${path}`;
  return new Promise((resolve) => {
    const failed = (reason: string): void => resolve({ ready: false, reason: `${url}: ${reason}` });
    const request = get(
      url,
      // Each question on its own connection: one that is kept would hold up the service's end.
      { agent: false, timeout: TIMEOUT_MS },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          if (text.length < REASON_CHARACTERS) text += chunk;
        });
        response.on("error", (error) => failed(textOf(error)));
        response.on("end", () => {
          if (response.statusCode === 200) resolve({ ready: true });
          else failed(`${response.statusCode ?? ""} ${text.slice(0, REASON_CHARACTERS)}`.trim());
        });
      },
    );
    request.on("timeout", () =>
      request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)),
    );
    request.on("error", (error) => failed(reasonOf(error)));
  });
}

/** A name with two addresses: one error for each of them, and none for the whole. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(textOf).join("; ");
  }
  return error.message;
}
