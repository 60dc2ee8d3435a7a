import { createServer, connect, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/**
 * Runs `use` beside a TCP proxy to a server on this machine that holds back each piece of data, on its way
 * there and back, as a network does.
 *
 * @param milliseconds one way
 */
export async function withDelay<T>(
  target: { readonly host: string; readonly port: number },
  milliseconds: number,
  use: (proxy: { readonly host: string; readonly port: number }) => Promise<T>,
): Promise<T> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      // Timers of one length end in the order in which they began, so that no piece overtakes another.
      from.on("data", (data) => setTimeout(() => to.write(data), milliseconds));
      from.on("end", () => setTimeout(() => to.end(), milliseconds));
      from.on("error", () => to.destroy());
      from.on("close", () => open.delete(from));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
    const { port } = server.address() as AddressInfo;
    return await use({ host: "127.0.0.1", port });
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => void server.close(resolve));
  }
}
