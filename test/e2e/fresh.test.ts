import { expect } from "vitest";
import { isReady } from "./cluster.ts";
import { during, until } from "./observe.ts";
import { runningStatements, seeStatement } from "./postgres.ts";
import { scenario } from "./scenario.ts";

const HELD = "battlescope_battles";
/** Services that use the database, or wait for it. */
const BEHIND = ["battle", "search", "bff", "frontend"];
const OTHERS = ["authentication", "ingestion", "enrichment", "notification"];

scenario(
  "1: a fresh up of BattleScope under Pod Security restricted; a held migration holds its services only",
  async ({ stack, note }) => {
    // Nothing is named by digest: the images are built and pushed by this very up.
    const battlescope = await stack({
      part: "fresh",
      config: { extends: "examples/battlescope/platform.yaml", images: {} },
      files: {
        [`examples/battlescope/migrations/${HELD}/20261120000000_hold.sql`]:
          "select pg_sleep(20);\n",
      },
    });
    const { cluster } = battlescope;
    const podsOf = async (services: readonly string[]): Promise<readonly string[]> => {
      const pods = await cluster.list("pods", "app.kubernetes.io/component=service");
      return pods
        .map(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] ?? "")
        .filter((service) => services.includes(service));
    };

    const running = battlescope.up();
    await during(running, seeStatement(battlescope, HELD, "pg_sleep", 300));
    const seen = new Set<string>();
    let looks = 0;
    await until("the end of the held migration", async () => {
      const [behind, others] = [await podsOf(BEHIND), await podsOf(OTHERS)];
      // Still in flight after the look: what was seen was seen during the migration.
      if ((await runningStatements(battlescope, HELD, "pg_sleep")).length === 0) return true;
      expect(behind, "pods of services behind the held gate").toEqual([]);
      for (const service of others) seen.add(service);
      looks += 1;
      return false;
    });
    expect([...seen].toSorted()).toEqual(OTHERS.toSorted());
    note(`held migration: ${looks} looks, no pod behind its gate; pods of ${[...seen].join(", ")}`);

    const up = await running;
    expect(up.ok, up.output).toBe(true);
    note(`up: ${up.seconds} s, ${up.changes["create"]} resources`);
    const namespace = await cluster.kubectl(
      "get",
      "namespace",
      battlescope.name,
      "--output",
      "json",
    );
    expect(JSON.parse(namespace)).toMatchObject({
      metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    for (const service of [...BEHIND, ...OTHERS]) {
      const pods = await cluster.pods(service);
      expect(pods.map(isReady), service).toEqual([true]);
    }
    const jobs = await cluster.list("jobs");
    expect(jobs.map(({ status }) => status?.succeeded)).toEqual([1, 1, 1, 1, 1]);
  },
);
