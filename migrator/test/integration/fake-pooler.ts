import { connect, createServer, type Socket } from "node:net";

import type { TestServer } from "../../../test/integration/servers.ts";

/** The message by which a server announces its process: `K`, 12 bytes long. Source: protocol 3.0. */
const KEY_DATA = Buffer.from([0x4b, 0, 0, 0, 12]);

/**
 * A relay in front of a server that announces a process of its own, as every pooler does, and runs while
 * `use` does.
 */
export async function withFakePooler<T>(
  server: TestServer,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const sockets: Socket[] = [];
  const relay = createServer((client) => {
    const upstream = connect(server.port, server.host);
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
    client.pipe(upstream);
    upstream.on("data", (data: Buffer) => {
      const at = data.indexOf(KEY_DATA);
      if (at !== -1) data.writeUInt32BE(4_000_000, at + KEY_DATA.length);
      client.write(data);
    });
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, "127.0.0.1", resolve);
  });
  const address = relay.address();
  try {
    return await use(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    relay.close();
  }
}
