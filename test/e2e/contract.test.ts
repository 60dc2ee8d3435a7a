import { Client } from "pg";
import { expect } from "vitest";
import { describeLoad, withLoad } from "./load.ts";
import { changeLines, errorText, lineWith } from "./outcome.ts";
import { ORDERS, smallDatabase } from "./platforms.ts";
import { history } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import { smallServiceImage } from "./small-service/image.ts";
import type { TestStack } from "./test-stack.ts";

const SERVICE = "orders";

const FIRST =
  "create table things (id bigint generated always as identity primary key, name text not null);\n";

/** Old code knows `name` only, new code `title` only: a trigger keeps both while both run. */
const EXPAND = `alter table things add column title text;

create function things_both_names() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    new.title := coalesce(new.title, new.name);
    new.name := coalesce(new.name, new.title);
  elsif new.name is distinct from old.name then
    new.title := new.name;
  else
    new.name := new.title;
  end if;
  return new;
end
$$;

create trigger things_both_names before insert or update on things
  for each row execute function things_both_names();

update things set title = name where title is null;
`;

const CONTRACT = `-- tidegate:phase contract
drop trigger things_both_names on things;
drop function things_both_names();
alter table things drop column name;
`;

scenario(
  "25: a column is renamed under load: expand, new image, contract once the old pods are gone",
  async ({ stack, engine, note }) => {
    const { registry } = engine;
    const one = await smallServiceImage({ registry, version: "1", column: "name" });
    const two = await smallServiceImage({ registry, version: "2", column: "title" });
    const shop = await stack({
      part: "rename",
      config: { databases: { [ORDERS]: smallDatabase(ORDERS) }, services: service(one) },
      files: { [`migrations/${ORDERS}/001_create_things.sql`]: FIRST },
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    expect(await namesOf(shop)).toEqual(new Set([nameOf(one)]));

    const asked = { service: SERVICE, port: 3000, image: one };
    const { result: up, load } = await withLoad(shop, asked, async () => {
      await shop.migrations(ORDERS, { "002_add_title.sql": EXPAND, "003_drop_name.sql": CONTRACT });
      await shop.configure({ services: service(two) });
      return await shop.up();
    });
    expect(up.ok, up.output).toBe(true);
    note(`one up with expand, image and contract: ${up.seconds} s`);
    note(describeLoad(load));
    expect(load.failures, load.reasons.join("\n")).toBe(0);
    expect(Object.keys(load.versions).toSorted()).toEqual(["1", "2"]);
    expect(load.rate).toBeGreaterThanOrEqual(20);

    expect(await columnsOf(shop)).toEqual(["id", "title"]);
    expect((await history(shop, ORDERS)).map(({ name, outcome }) => [name, outcome])).toEqual([
      ["001_create_things", "applied"],
      ["002_add_title", "applied"],
      ["003_drop_name", "applied"],
    ]);
    const counts = "select title, count(*)::int as rows from things group by 1 order by 1";
    const rows = await shop.query<{ title: string | null; rows: number }>(ORDERS, counts);
    expect(
      rows.map(({ title }) => title),
      "what both versions wrote",
    ).toEqual(["v1", "v2"]);
    note(
      `rows by what wrote them: ${rows.map((row) => `${row.title ?? ""}: ${row.rows}`).join(", ")}`,
    );
    expect(await namesOf(shop)).toEqual(new Set([nameOf(two)]));
    const log = await contractLog(shop);
    const waited = log.find((line) => line.includes("waiting for an older version to leave"));
    expect(waited, "the contract Job saw the old pods drain").toContain(`(${nameOf(one)})`);
    note(`contract Job: ${waited ?? ""}`);

    const again = await shop.up();
    expect(again.ok, again.output).toBe(true);
    expect(changeLines(again)).toEqual([]);
  },
);

scenario(
  "25: a contract migration is refused while an older version is connected, and runs once that is gone",
  async ({ stack, engine, note }) => {
    const { registry } = engine;
    const one = await smallServiceImage({ registry, version: "1", column: "name" });
    const two = await smallServiceImage({ registry, version: "2", column: "title" });
    const shop = await stack({
      part: "contract",
      config: {
        // The wait for older versions is half of what the runner has, which is 30 s less than this.
        databases: { [ORDERS]: smallDatabase(ORDERS, { deadline: 90 }) },
        services: service(one),
      },
      files: { [`migrations/${ORDERS}/001_create_things.sql`]: FIRST },
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);

    const old = await connectAs(shop, nameOf(one));
    const analyst = await connectAs(shop, "psql", await analystOf(shop));
    try {
      await shop.migrations(ORDERS, { "002_add_title.sql": EXPAND, "003_drop_name.sql": CONTRACT });
      await shop.configure({ services: service(two) });
      const refused = await shop.up();
      expect(refused.ok).toBe(false);
      const text = errorText(refused);
      expect(text).toContain("an older version of a service is still connected to ");
      expect(text).toContain(` after 30 s: pid ${old.pid} orders_a (${nameOf(one)})`);
      expect(text).toContain("let its pods end (kubectl get pods");
      expect(text).not.toContain(`pid ${analyst.pid} `);
      note(`refused in ${refused.seconds} s: ${lineWith(text, "older version")}`);
      note(lineWith(text, "next: "));
      expect(await columnsOf(shop), "nothing was changed").toEqual(["id", "name", "title"]);
      expect(await namesOf(shop)).toEqual(new Set([nameOf(one), nameOf(two)]));
    } finally {
      await old.client.end();
    }
    const passed = await shop.up();
    await analyst.client.end();
    expect(passed.ok, passed.output).toBe(true);
    expect(await columnsOf(shop)).toEqual(["id", "title"]);
    note(`once it was gone: up ${passed.seconds} s`);
  },
);

function service(image: string): Readonly<Record<string, unknown>> {
  // On a busy machine a pod gets what it asks for.
  const resources = { requests: { cpu: "250m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  return { [SERVICE]: { image, port: 3000, resources, databases: { [ORDERS]: "app" } } };
}

/** What a pod of this image calls itself in `pg_stat_activity`. */
function nameOf(image: string): string {
  return `${SERVICE}@${image.split("@sha256:")[1]?.slice(0, 12) ?? ""}`;
}

/** Application names of all connections of the service's login. */
async function namesOf(shop: TestStack): Promise<ReadonlySet<string>> {
  const rows = await shop.query<{ name: string }>(
    ORDERS,
    `select application_name as name from pg_stat_activity
      where datname = current_database() and usename = 'orders_a'`,
  );
  return new Set(rows.map(({ name }) => name));
}

async function columnsOf(shop: TestStack): Promise<readonly string[]> {
  const rows = await shop.query<{ name: string }>(
    ORDERS,
    `select column_name as name from information_schema.columns
      where table_name = 'things' order by 1`,
  );
  return rows.map(({ name }) => name);
}

async function contractLog(shop: TestStack): Promise<readonly string[]> {
  for (const { metadata } of await shop.cluster.jobPods(ORDERS)) {
    const log = await shop.cluster.kubectl("logs", metadata.name, "--container", "migrate");
    if (log.includes("003_drop_name")) return log.split("\n");
  }
  throw new Error("no migration Job has applied 003_drop_name");
}

interface Login {
  readonly user: string;
  readonly password: string;
}

/** A connection as the service's login, or another one, that stays open. */
async function connectAs(
  shop: TestStack,
  applicationName: string,
  login?: Login,
): Promise<{ readonly client: Client; readonly pid: number }> {
  const { user, password } = login ?? (await serviceLogin(shop));
  const { host, port } = shop.postgresAddress;
  const client = new Client({
    host,
    port,
    database: ORDERS,
    user,
    password,
    application_name: applicationName,
  });
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return { client, pid: rows[0]?.pid ?? 0 };
}

async function serviceLogin(shop: TestStack): Promise<Login> {
  const text = await shop.cluster.kubectl("get", "secret", `${SERVICE}-login`, "-o", "json");
  const { data } = JSON.parse(text) as { data: Record<string, string> };
  const value = (key: string): string =>
    Buffer.from(data[`${ORDERS}.${key}`] ?? "", "base64").toString();
  return { user: value("username"), password: value("password") };
}

/** Somebody who reads the database and is no service. */
async function analystOf(shop: TestStack): Promise<Login> {
  const password = "analyst-of-a-scenario";
  await shop.query("postgres", `create role analyst login password '${password}'`);
  await shop.query("postgres", `grant ${ORDERS}_readonly to analyst`);
  return { user: "analyst", password };
}
