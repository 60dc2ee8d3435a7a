import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { loadPlatformFile, PROJECT_DIR } from "../../config/load-file.ts";
import { ConfigError } from "../../config/problem.ts";
import type { PlatformSpec } from "../../config/spec.ts";
import { heldBackNotice } from "../standing-rollback.ts";
import { textOf, UserError } from "../user-error.ts";
import { buildCompose } from "./build-compose.ts";
import { passwordVariables } from "./compose-passwords.ts";
import { completeEnvFile } from "./env-file.ts";
import { writeOutput } from "./redirected-output.ts";
import { writeMigrations } from "./write-migrations.ts";

const HELP = `npm run compose > compose.yaml
npm run compose -- --stack staging --project ../shop > ../shop/compose.yaml

Writes a stack's platform as a Compose file, the migrations that it mounts into .tidegate/compose, and
passwords that are missing into .env (mode 600), both in the project. Run it again after a migration.

  --stack NAME       the platform of Pulumi.NAME.yaml (default: dev)
  --project DIR      folder of Pulumi.yaml, in which compose.yaml belongs (default: this project)
  --help             this text
`;

const HEAD = `# Written by npm run compose. No password stands in it: they are in .env.
#   docker compose up           everything
#   docker compose up NAME      one service with its databases, their migrations and logins
`;

function say(text: string): void {
  process.stderr.write(`npm run compose: ${text}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stack: { type: "string" },
      project: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const project = values.project === undefined ? PROJECT_DIR : resolve(values.project);
  const spec = await loadPlatformFile(values.stack ?? "dev", {
    projectDir: project,
    onWarning: say,
  });
  // docker-compose 1 reads YAML 1.1, in which a bare `no` is false.
  const yaml = { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;
  const text = HEAD + stringify(buildCompose(spec), yaml);
  writeMigrations(project, spec);
  const added = completeEnvFile(join(project, ".env"), passwordVariables(spec));
  if (added.length > 0) say(`${added.length} new passwords in .env, which must not be committed`);
  for (const notice of noticesOf(spec)) say(notice);
  writeOutput(text, process.env);
}

/** What a pod has and a container of Compose has not. */
function noticesOf({ services, databases }: PlatformSpec): readonly string[] {
  const sources = [
    ...services.filter(({ envFrom }) => envFrom.length > 0),
    ...databases.filter(({ runner }) => (runner?.envFrom ?? []).length > 0),
  ].map(({ name }) => name);
  const sidecars = [...databases, ...services]
    .filter(({ pod }) => (pod?.sidecars ?? []).length > 0)
    .map(({ name }) => name);
  const tools = databases.flatMap(({ runner }) => runner ?? []);
  const secrets = [
    ...new Set([...services, ...tools].flatMap(({ secretEnv }) => Object.keys(secretEnv))),
  ];
  return [
    ...(secrets.length > 0
      ? [`write into .env, as only the stack knows it: ${secrets.join(", ")}`]
      : []),
    ...(sources.length > 0
      ? [`without their envFrom, which the cluster has: ${sources.join(", ")}`]
      : []),
    ...(sidecars.length > 0 ? [`without their sidecars: ${sidecars.join(", ")}`] : []),
    ...databases.flatMap((database) => {
      const held = heldBackNotice(database);
      return held === undefined ? [] : [`${database.name}: ${held}`];
    }),
  ];
}

try {
  await main();
} catch (error) {
  const usage = error instanceof TypeError && "code" in error;
  const known = error instanceof ConfigError || error instanceof UserError;
  if (!known && !usage) throw error;
  process.stderr.write(`npm run compose: ${textOf(error)}\n`);
  process.exitCode = usage ? 2 : 1;
}
