import { z } from "zod";
import { duration } from "./duration.ts";
import { environment, resources } from "./kubernetes.ts";
import { databaseName, extensionName, projectPath } from "./names.ts";
import { strict } from "./strict.ts";

/** A value of `databases`. What is required is checked after the stack-wide defaults were applied. */
export const database = strict({
  migrations: projectPath
    .optional()
    .describe(
      "Folder of the migrations, relative to the project; may stand beside a service's code. Required.",
    ),
  strategy: z
    .enum(["job"])
    .default("job")
    .describe("What the gate of this database is; job: a Kubernetes Job before the rollout."),
  deadline: duration({ min: 60, max: 86_400 })
    .default(600)
    .describe(
      "Bound of the Job; default 10m, at least 1m. The runner's own is 30 s shorter, so that it can report.",
    ),
  retries: z
    .int({ error: "must be a whole number from 0 to 10" })
    .min(0, { error: "must be a whole number from 0 to 10" })
    .max(10, { error: "must be a whole number from 0 to 10" })
    .default(0)
    .describe(
      "Further pods after one that failed, 0 to 10; default 0: the runner itself tries again what may pass, a drained pod is replaced at no cost, and the next pulumi up runs a failed Job anew.",
    ),
  resources: resources
    .default({ requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } })
    .describe(
      "Of the migration's containers; default requests 50m CPU and 128Mi, limit 256Mi of memory.",
    ),
  env: environment
    .default({})
    .describe("Further environment of the migration's containers, plain; no names of connections."),
  extensions: z
    .array(extensionName)
    .default([])
    .describe("Extensions that the admin creates before the migrations run."),
  after: z
    .array(databaseName)
    .default([])
    .describe("Databases that are migrated before this one; default: all side by side."),
  protect: z
    .boolean()
    .default(false)
    .describe("Refuse every pulumi destroy or replacement of this database; default false."),
  run: z
    .int({ error: "must be a whole number, 0 or more" })
    .min(0, { error: "must be a whole number, 0 or more" })
    .default(0)
    .describe("Raise it to run the Job again without a change; default 0."),
  ahead: z
    .enum(["notice", "refuse"])
    .default("notice")
    .describe(
      "What a database that is ahead of the code means; default notice, so that a rollback of an image works.",
    ),
  maintenance: z
    .boolean()
    .default(false)
    .describe(
      "Take the services of this database to 0 replicas before a new migration Job, and back after it; default false. They must have been deployed once.",
    ),
  manualRuns: z
    .boolean()
    .default(true)
    .describe(
      "Suspended CronJobs <database>-migrate-manual and <database>-status, for kubectl create job --from; default true.",
    ),
  lint: z
    .enum(["warn", "strict"])
    .default("warn")
    .describe(
      "What a risk that the check of the migrations finds does; warn: it is shown, strict: it stops preview and up; default warn. What is sure to fail stops them always.",
    ),
  lintAfter: z
    .string()
    .min(1, { error: "must name a migration" })
    .optional()
    .describe(
      "Version up to which migrations are not judged, for a folder with a past; default: all are.",
    ),
}).meta({ id: "database" });

export type DatabaseConfig = z.output<typeof database>;
