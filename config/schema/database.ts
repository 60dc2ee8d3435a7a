import { z } from "zod";
import { backup } from "./backup.ts";
import { existingSecret, passwordGeneration } from "./credentials.ts";
import { duration } from "./duration.ts";
import { environment, resources } from "./kubernetes.ts";
import { databaseName, extensionName, projectPath } from "./names.ts";
import { imagePullSecrets, scheduling, serviceAccount, sidecars } from "./pods.ts";
import { runner } from "./runner.ts";
import { strict } from "./strict.ts";

/** A value of `databases`. What is required is checked after the stack-wide defaults were applied. */
export const database = strict({
  migrations: projectPath
    .optional()
    .describe(
      "Folder of the migrations, relative to the project; may stand beside a service's code. Either this or runner.",
    ),
  runner: runner
    .optional()
    .describe("Another tool that migrates this database, in place of the built-in runner."),
  strategy: z
    .enum(["job", "manual", "initContainer", "startup", "disabled"])
    .default("job")
    .describe(
      "What the gate of this database is. job: a Job migrates before the rollout. manual: a Job only looks that nothing is pending. initContainer: the pods of the services that write migrate. startup: their program does. disabled: there is none. Default job.",
    ),
  allowMigratorSecretInService: z
    .boolean()
    .default(false)
    .describe(
      "Consent that strategy startup needs: the services that write hold the migrator's Secret; default false.",
    ),
  allowUngated: z
    .boolean()
    .default(false)
    .describe(
      "Consent that strategy disabled needs for a database that is protected, on an external server or in a stack called prod or production; default false.",
    ),
  deadline: duration({ min: 60, max: 86_400 })
    .default(600)
    .describe(
      "Bound of the Job; default 10m, at least 1m. The runner's own is 30 s shorter, so that it can report.",
    ),
  retries: z
    .int({ error: "must be a whole number from 0 to 10" })
    .min(0, { error: "must be a whole number from 0 to 10" })
    .max(10, { error: "must be a whole number from 0 to 10" })
    .default(2)
    .describe(
      "How often the runner begins anew, in the same pod, after a transient fault that outlasted its own waits (60 s without a server, a deadlock that came back to the end), 0 to 10, within lockWait; default 2.",
    ),
  podRetries: z
    .int({ error: "must be a whole number from 0 to 10" })
    .min(0, { error: "must be a whole number from 0 to 10" })
    .max(10, { error: "must be a whole number from 0 to 10" })
    .default(0)
    .describe(
      "Further pods after one that failed (backoffLimit of the Job), 0 to 10; default 0: the runner itself tries again what may pass, a drained pod is replaced at no cost, and the next pulumi up runs a failed Job anew.",
    ),
  lockWait: duration({ min: 1, max: 86_400 })
    .optional()
    .describe(
      "Bound of all that one try of the migration waits for: other runs, locks of tables, a server that went away; default 4m, less where all tries together would take more than half of the deadline.",
    ),
  statementTimeout: duration({ min: 1, max: 86_400 })
    .optional()
    .describe(
      "Bound of each statement of a migration, but for those that build an index concurrently; default: the server's own.",
    ),
  idleInTransactionTimeout: duration({ min: 1, max: 86_400 })
    .default(300)
    .describe(
      "How long a migration may leave its transaction idle, holding its locks, while its code does something else; default 5m.",
    ),
  resources: resources
    .default({
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    })
    .describe(
      "Of the migration's containers; default requests 100m CPU and 128Mi, limits 500m CPU and 512Mi of memory.",
    ),
  scheduling: scheduling.optional(),
  imagePullSecrets,
  sidecars,
  serviceAccount: serviceAccount(
    "<database>-migration",
    "Account that the migration's pods run as, without an API token.",
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
  backup,
  migrator: strict({
    passwordGeneration: passwordGeneration("Generation of the migrator's password."),
    existingSecret: existingSecret("The migrator's login"),
  })
    .prefault({})
    .describe("The login that runs the migrations."),
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
  outOfOrder: z
    .boolean()
    .default(false)
    .describe(
      "Apply a migration that arrives late, with a number below the newest applied one; default false: it is refused.",
    ),
  olderVersions: z
    .enum(["refuse", "notice"])
    .default("refuse")
    .describe(
      "What a connection of an older version of a service means for a contract migration. refuse: it waits for them, then fails; notice: it names them and goes on. Default refuse.",
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
