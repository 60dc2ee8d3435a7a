import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { push } from "./images.ts";

/**
 * Takes the flags of the Cloud SQL Auth Proxy that Tidegate gives it, refuses any other, answers its
 * health checks, and leads to one server instead of Google.
 */
const PROGRAM = `
const net = require("node:net"), http = require("node:http");
const known = /^--(structured-logs|health-check|private-ip|address=.+|port=\\d+|http-address=.+|http-port=\\d+|max-sigterm-delay=\\d+s)$/;
const [instance, ...flags] = process.argv.slice(2).reverse();
const bad = flags.filter((flag) => !known.test(flag));
if (bad.length > 0 || !/^[^:]+:[^:]+:[^:]+$/.test(instance)) { console.error("refused", bad, instance); process.exit(1); }
const of = (name) => flags.find((flag) => flag.startsWith("--" + name + "="))?.split("=")[1];
const [host, port] = process.env.TARGET.split(":");
net.createServer((socket) => {
  const up = net.connect(Number(port), host);
  socket.pipe(up).pipe(socket);
  for (const each of [socket, up]) each.on("error", () => { socket.destroy(); up.destroy(); });
}).listen(Number(of("port")), of("address"), () => {
  http.createServer((request, response) => response.end("ok")).listen(Number(of("http-port")), of("http-address"));
  console.log("ready for new connections to " + instance);
});
process.on("SIGTERM", () => { console.log("ended by SIGTERM"); process.exit(0); });
`;

/**
 * An image that stands in for the proxy's, as Google's needs an instance of Google's.
 *
 * @param target `host:port` of the server that it leads to.
 */
export async function buildProxyImage(registry: string, target: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-e2e-proxy-"));
  try {
    await writeFile(join(folder, "proxy.cjs"), PROGRAM);
    await writeFile(
      join(folder, "Dockerfile"),
      `FROM node:24-slim\nENV TARGET=${target}\nCOPY proxy.cjs /proxy.cjs\nUSER 65532:65532\nENTRYPOINT ["node", "/proxy.cjs"]\n`,
    );
    return await push(
      `${registry}/e2e/cloud-sql-proxy:${target.replace(/[^a-z0-9]/g, "-")}`,
      folder,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
