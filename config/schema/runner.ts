import { FOREIGN_TOOLS } from "@tidegate/migrator/contract";
import { z } from "zod";
import { connection } from "./connection.ts";
import { build, image } from "./image.ts";
import { environment, envFrom, secretEnv } from "./kubernetes.ts";
import { projectPath, words } from "./names.ts";
import { strict } from "./strict.ts";

const mountPath = z.string().regex(/^\/[^\s:]+$/, {
  error: 'must be an absolute path in the container, such as "/app/migrations"',
});

const history = z
  .union(
    [
      z.enum(FOREIGN_TOOLS).transform((tool) => ({ tool })),
      z.literal("none"),
      strict({
        tool: z.enum(FOREIGN_TOOLS).describe("The tool."),
        table: z
          .string()
          .regex(/^[^.\s=]+(\.[^.\s=]+)?$/, { error: "must be TABLE or SCHEMA.TABLE" })
          .describe("Its table, where its settings name another than its default."),
      }),
      strict({
        command: words.describe("Ends with 0 where the schema is there; it is tried again if not."),
        image: z
          .string()
          .optional()
          .describe(
            "Image by digest that it runs in; default the runner's, of which each new one rolls the services.",
          ),
      }),
    ],
    {
      error: `must be ${FOREIGN_TOOLS.join(", ")}, { tool, table }, { command }, or none`,
    },
  )
  .describe(
    "How the pods of services see that the schema is there. drizzle, knex, alembic: its own table is read, with the service's login; { tool, table } where it is not at its default; { command: […] }: run in the tool's image with the service's connection; none: the pods do not look, only the rollout is held. Required.",
  );

const rollback = strict({
  command: words
    .optional()
    .describe("Program and arguments; absent: those of the runner, for one that env alone tells."),
  args: z.array(z.string()).optional().describe("Arguments of the image's own entry point."),
  env: environment
    .default({})
    .describe("Further environment, such as the script that is chosen by name."),
});

/** The key `runner` of a database: another tool than the built-in runner. */
export const runner = strict({
  image,
  build,
  command: words.optional().describe("Program and arguments; default: the image's entry point."),
  args: z
    .array(z.string())
    .default([])
    .describe("Arguments of the image's entry point, or of command."),
  connection,
  env: environment
    .default({})
    .describe("Environment with plain values, over that of the database."),
  secretEnv,
  envFrom,
  user: z
    .int({ error: "must be a whole number from 1" })
    .min(1, { error: "must be a whole number from 1: no pod runs as root" })
    .default(1000)
    .describe("User and group that the container runs as, a number; default 1000."),
  history,
  migrations: projectPath
    .optional()
    .describe(
      "Folder of the tool's migrations, relative to the project: what the gate waits for, and a reason to run the Job again. Required where history names a tool.",
    ),
  mount: mountPath
    .optional()
    .describe(
      "Where that folder is mounted in the container, so that a new migration needs no new image; default: not at all, the image holds it.",
    ),
  rollback: rollback
    .optional()
    .describe(
      "What the suspended CronJob <database>-rollback runs, in the same image; absent: there is none.",
    ),
}).meta({ id: "runner" });

export type RunnerConfig = z.output<typeof runner>;
