import { expect, test } from "vitest";
import type { DatabaseSpec, PlatformSpec } from "../../config/spec.ts";
import { buildCompose } from "../../local/compose/build-compose.ts";
import { required } from "../../local/compose/compose-file.ts";
import { UserError } from "../../local/user-error.ts";
import { everyStrategy } from "../every-strategy.ts";

const spec = await everyStrategy();

test("every database is migrated by its own container, whatever its strategy in the cluster", () => {
  const { services } = buildCompose(spec);
  for (const { kubeName } of spec.databases) {
    expect(services[`${kubeName}-migrate`]?.command?.[0], kubeName).toBe("up");
  }
});

test("a program that migrates as it starts is told that it need not", () => {
  const { services } = buildCompose(spec);
  expect(services["programs"]?.environment["RUN_MIGRATIONS"]).toBe("false");
  expect(services["programs"]?.depends_on).toMatchObject({
    "by-program-migrate": { condition: "service_completed_successfully" },
  });
  expect(services["pods"]?.environment["RUN_MIGRATIONS"]).toBeUndefined();
});

test("while a rollback stands nothing newer is applied; last-batch is refused", () => {
  const commandAt = (pinned: NonNullable<DatabaseSpec["pinned"]>) =>
    buildCompose(changed({ pinned })).services["by-job-migrate"]?.command;
  expect(commandAt({ keeps: ["001_a"] })?.slice(0, 3)).toEqual(["up", "--to", "001_a"]);
  expect(commandAt({ keeps: [] })).toEqual(["wait", "--expect-owner"]);
  expect(() => commandAt({})).toThrow(UserError);
  expect(() => commandAt({})).toThrow("name the version instead (rollback.to");
});

test("another tool migrates in its own image, as the migrator, with its folder mounted", () => {
  const { services } = buildCompose(
    changed({
      runner: {
        image: { reference: "ghcr.io/acme/shop@sha256:1" },
        command: ["node_modules/.bin/knex"],
        args: ["migrate:latest", "--env=$STAGE"],
        env: { NODE_ENV: "production" },
        connection: { DATABASE_URL: "url", PGSSLROOTCERT: "sslrootcert" },
        secretEnv: { LICENCE: "licenceKey" },
        envFrom: [],
        user: 1000,
        gate: { by: "none" },
        migrations: [],
        mount: { path: "/app/migrations", delivery: { files: {}, items: [], digest: "" } },
      },
    }),
  );
  const password = required("PASSWORD_BY_JOB_MIGRATOR", "npm run compose writes it into .env");
  expect(services["by-job-migrate"]).toEqual({
    image: "ghcr.io/acme/shop@sha256:1",
    entrypoint: ["node_modules/.bin/knex"],
    command: ["migrate:latest", "--env=$$STAGE"],
    user: "1000:1000",
    environment: {
      HOME: "/tmp",
      NODE_ENV: "production",
      LICENCE: required("LICENCE", "a secret of the migrations of by_job; write it into .env"),
      DATABASE_URL: `postgresql://by_job_migrator:${password}@postgres:5432/by_job?sslmode=disable`,
    },
    depends_on: { "by-job-bootstrap": { condition: "service_completed_successfully" } },
    volumes: ["./.tidegate/compose/by-job:/app/migrations:ro"],
    restart: "no",
    read_only: true,
    tmpfs: ["/tmp"],
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
  });
});

/** The platform with one database changed. */
function changed(more: Partial<DatabaseSpec>): PlatformSpec {
  const databases = spec.databases.map((each) =>
    each.name === "by_job" ? { ...each, ...more } : each,
  );
  return { ...spec, databases };
}
