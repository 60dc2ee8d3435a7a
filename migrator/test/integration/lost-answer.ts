import { connect, createServer, type Socket } from "node:net";

import type { TestServer } from "../../../test/integration/servers.ts";

/**
 * A relay in front of a server that swallows the answer to the first message that holds `text`, once the
 * server has given it, and cuts that connection: the client never learns what became of its message.
 */
export async function withLostAnswer<T>(
  server: TestServer,
  text: string,
  use: (port: number, lost: () => number) => Promise<T>,
): Promise<T> {
  const sockets: Socket[] = [];
  let lost = 0;
  const relay = createServer((client) => {
    const upstream = connect(server.port, server.host);
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
    let swallows = false;
    client.on("data", (data) => {
      if (lost === 0 && data.includes(text)) {
        swallows = true;
        lost += 1;
      }
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (!swallows) {
        client.write(data);
        return;
      }
      // The server has answered, so what was sent is done.
      client.destroy();
      upstream.destroy();
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, "127.0.0.1", resolve);
  });
  const address = relay.address();
  try {
    return await use(
      typeof address === "object" && address !== null ? address.port : 0,
      () => lost,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      relay.close(resolve);
    });
  }
}
