import { expect } from "vitest";
import { during, until } from "./observe.ts";
import { ORDERS, slowMigration, tinyPlatform } from "./platforms.ts";
import { history } from "./postgres.ts";
import { scenario } from "./scenario.ts";

/** Fields of a Job that Kubernetes fills in for one Job and no other. */
interface JobManifest {
  metadata: Record<string, unknown>;
  spec: {
    selector?: unknown;
    manualSelector?: unknown;
    template: { metadata: { labels: Record<string, string> } };
  };
  status?: unknown;
}

scenario(
  "9: a Job started by hand and an up at the same moment: each migration once, both succeed",
  async ({ stack, images, note }) => {
    const shop = await stack({ part: "twice", ...(await tinyPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    const [old] = await shop.cluster.jobs(ORDERS);
    await shop.migrations(ORDERS, {
      "006_one.sql": slowMigration(3, "one"),
      "007_two.sql": slowMigration(3, "two"),
    });
    const running = shop.up();
    const job = await during(
      running,
      until("the Job of the up", async () =>
        (await shop.cluster.jobs(ORDERS)).find(
          ({ metadata }) => metadata.uid !== old?.metadata.uid,
        ),
      ),
    );
    const text = await shop.cluster.kubectl("get", "job", job.metadata.name, "--output", "json");
    const manifest = JSON.parse(text) as JobManifest;
    await shop.cluster.apply(byHand(manifest));
    const both = await until("both at work at once", async () => {
      const pods = await shop.cluster.jobPods(ORDERS);
      const working = pods.filter(({ status }) => status?.phase === "Running");
      return working.length === 2 && working;
    });
    note(`at work at once: ${both.map(({ metadata }) => metadata.name).join(", ")}`);
    const up = await running;
    expect(up.ok, up.output).toBe(true);
    await until("the end of the Job by hand", async () => {
      const jobs = await shop.cluster.jobs(ORDERS);
      return jobs.every(({ status }) => status?.succeeded === 1) && jobs.length === 2;
    });
    expect((await history(shop, ORDERS)).slice(2)).toEqual(
      ["006_one", "007_two"].map((name) => ({ name, outcome: "applied" })),
    );
    for (const table of ["one", "two"]) {
      expect(await shop.query(ORDERS, `select id from public.${table}`)).toEqual([{ id: 1 }]);
    }
    const logs = await Promise.all(
      both.map(({ metadata }) =>
        shop.cluster.kubectl("logs", metadata.name, "--container", "migrate"),
      ),
    );
    const applied = logs.map((log) => log.split('"event":"applied"').length - 1);
    expect(applied[0] === 0 ? applied : applied.toReversed()).toEqual([0, 2]);
    note(`up: ${up.seconds} s; the two runs applied ${applied.join(" and ")} migrations`);
  },
);

function byHand({ metadata, spec }: JobManifest): object {
  const { selector: _selector, manualSelector: _manual, ...rest } = spec;
  const labels = Object.fromEntries(
    Object.entries(spec.template.metadata.labels).filter(
      ([key]) => !/controller-uid|job-name/.test(key),
    ),
  );
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "by-hand", labels: metadata["labels"] },
    spec: {
      ...rest,
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}
