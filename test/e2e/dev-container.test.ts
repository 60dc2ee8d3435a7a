import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { isReady } from "./cluster.ts";
import { expectDone } from "./expect-done.ts";
import { until } from "./observe.ts";
import { changing } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, tinyPlatform } from "./platforms.ts";
import { freePort } from "./project-copy.ts";
import { runRunbook } from "./runbook.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

scenario(
  "18: the dev container, stopped, removed, restarted or changed, keeps its data",
  async ({ stack, images, note, engine }) => {
    const shop = await stack({ part: "dev", ...(await tinyPlatform(await images.service("1"))) });
    expectDone(await shop.up());
    await shop.query(ORDERS, "insert into things (name) values ('kept')");

    await docker("stop", await containerOf(shop));
    note(`stopped by hand: ${await mendAsWarned(shop)}`);
    await docker("rm", "--force", await containerOf(shop));
    note(`removed by hand: ${await mendAsWarned(shop)}`);
    await docker("rm", "--force", await containerOf(shop));
    await runRunbook(shop, engine, "The Postgres container of `dev` is gone");
    await expectServing(shop);
    note("removed by hand, mended by the runbook's commands");

    // Stands in for a restart of the Docker daemon, which would take every other container along.
    await docker("restart", await containerOf(shop));
    await expectServing(shop);
    const restarted = await shop.up();
    expectDone(restarted);
    expect(changing(restarted)).toEqual([]);
    note("restarted: it serves, and up changes nothing");

    await giveAnotherAddress(shop);
    await runRunbook(shop, engine, "The Postgres container of `dev` is gone");
    await expectServing(shop);
    note("started again with another address, mended by the same commands");

    const { server } = shop.config as { server: Record<string, unknown> };
    await shop.configure({ server: { ...server, publishedPort: await freePort() } });
    const changed = await shop.up();
    expectDone(changed);
    const operations = changing(changed).map(({ op, type }) => `${op} ${type}`);
    expect(operations.filter((text) => /postgresql:|Volume|Job|Deployment/.test(text))).toEqual([]);
    expect(operations.some((text) => /replace.*docker:index\/container/.test(text))).toBe(true);
    await expectServing(shop);
    note(`another port: ${changed.seconds} s, ${operations.toSorted().join("; ")}`);
    expect(changing(await shop.up()), "one more up").toEqual([]);
  },
);

const STATES: Readonly<Record<string, (container: string) => Promise<void>>> = {
  stopped: (container) => docker("stop", container),
  removed: (container) => docker("rm", "--force", container),
  restarted: (container) => docker("restart", container),
  paused: (container) => docker("pause", container),
};

for (const [state, damage] of Object.entries(STATES)) {
  scenario(
    `18: destroy works while the dev container is ${state}`,
    async ({ stack, images, note }) => {
      const shop = await stack({
        part: "devgone",
        ...(await tinyPlatform(await images.service("1"))),
        searchLeaks: false,
      });
      expectDone(await shop.up());
      await damage(await containerOf(shop));
      const destroyed = await shop.destroy();
      expectDone(destroyed);
      expect(await shop.resources()).toEqual([]);
      const filter = ["--quiet", "--filter", `name=^${shop.name}-`];
      expect((await run("docker", ["ps", "--all", ...filter])).stdout).toBe("");
      expect((await run("docker", ["volume", "ls", ...filter])).stdout).toBe("");
      note(`destroyed in ${destroyed.seconds} s`);
    },
  );
}

/** `up` warns and names two commands; they are run as they stand, and all is as before. */
async function mendAsWarned(shop: TestStack): Promise<string> {
  const warned = await shop.up();
  const warning = warned.diagnostics.find(
    ({ severity, message }) => severity === "warning" && message.includes("does not answer on"),
  )?.message;
  const [, urn = ""] =
    /^ {2}pulumi refresh --target '([^']+)'\n {2}pulumi up$/m.exec(warning ?? "") ?? [];
  expect(urn, warned.output).toMatch(/^urn:pulumi:/);
  const refreshed = await shop.cli("refresh", "--yes", "--skip-preview", "--target", urn);
  expect(refreshed.code, refreshed.output).toBe(0);
  const mended = await shop.up();
  expectDone(mended);
  await expectServing(shop);
  expect(changing(await shop.up()), "one more up").toEqual([]);
  return `refresh --target and up (${mended.seconds} s): ${changing(mended)
    .map(({ op, name }) => `${op} ${name}`)
    .join("; ")}`;
}

/** The row is there, and the service's pods answer again, without having been replaced. */
async function expectServing(shop: TestStack): Promise<void> {
  const container = await containerOf(shop);
  const select = ["--tuples-only", "--no-align", "--command", "select name from things"];
  const rows = await until("a server that answers", async () => {
    const psql = ["psql", "--username=postgres", `--dbname=${ORDERS}`, ...select];
    return (await run("docker", ["exec", container, ...psql])).stdout.trim();
  });
  expect(rows).toBe("kept");
  const path = `/api/v1/namespaces/${shop.name}/services/${ORDERS_SERVICE}:3000/proxy/heartbeat?new=1`;
  const answer = await until("an answer of the service", async () => {
    const pods = await shop.cluster.pods(ORDERS_SERVICE);
    return pods.every(isReady) && (await shop.cluster.kubectl("get", "--raw", path));
  });
  expect(JSON.parse(answer)).toMatchObject({ databases: [{ database: ORDERS, wrote: true }] });
}

/** More than a machine has free addresses below that of a container, which are given out first. */
const MOST_TAKERS = 16;

/** Another container takes the address while this one is stopped, as after a restart of Docker. */
async function giveAnotherAddress(shop: TestStack): Promise<void> {
  const container = await containerOf(shop);
  const before = await addressOf(container);
  const takers: string[] = [];
  await docker("stop", container);
  try {
    for (let taken = ""; taken !== before && takers.length < MOST_TAKERS;) {
      const taker = `${shop.name}-taker-${takers.length}`;
      takers.push(taker);
      await docker(
        "run",
        "--detach",
        "--name",
        taker,
        "--entrypoint",
        "sleep",
        "postgres:17",
        "600",
      );
      taken = await addressOf(taker);
    }
    await docker("start", container);
  } finally {
    await docker("rm", "--force", ...takers);
  }
  expect(await addressOf(container)).not.toBe(before);
}

async function addressOf(container: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  return (await run("docker", ["inspect", "--format", format, container])).stdout.trim();
}

async function containerOf(shop: TestStack): Promise<string> {
  const filter = ["--all", "--quiet", "--filter", `name=^${shop.name}-postgres-docker-container-`];
  const ids = (await run("docker", ["ps", ...filter])).stdout.trim().split("\n");
  expect(ids.length, "containers of the stack").toBe(1);
  return ids[0] ?? "";
}

async function docker(...args: readonly string[]): Promise<void> {
  await run("docker", args);
}
