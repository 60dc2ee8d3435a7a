import { z } from "zod";
import { databaseName } from "./names.ts";
import { strict } from "./strict.ts";

/** Longest time to look at what will be lost, in seconds: an hour. The Job's bound is longer by it. */
const MAX_DELAY = 3600;
const DELAY = `must be a whole number of seconds from 0 to ${MAX_DELAY}`;

/** The value of `rollback`; that database and version exist is checked afterwards. */
export const rollback = strict({
  database: databaseName.describe("The database that goes back. Required."),
  to: z
    .string({
      // YAML reads 0041 as a number, octal in some readers: another version than the one meant.
      error: (issue) =>
        typeof issue.input === "number"
          ? `must be text: put it in quotes, "${String(issue.input)}" with the zeros that it begins with`
          : undefined,
    })
    .min(1, { error: "must name a version, or last-batch" })
    .describe(
      'Version to go back to, which stays: a name such as "0041_orders", a number in quotes such as "0041", "0" for all; or last-batch: what the last run applied. Required.',
    ),
  allowDataLoss: z
    .boolean()
    .default(false)
    .describe("Run ways down that lose data; default false: they are refused, with what is there."),
  delaySeconds: z
    .int({ error: DELAY })
    .min(0, { error: DELAY })
    .max(MAX_DELAY, { error: DELAY })
    .default(10)
    .describe(
      "How long the Job says what it will undo and lose before it begins, in seconds, 0 to 3600; default 10. Until then it can be stopped.",
    ),
  scaleDown: z
    .boolean()
    .default(false)
    .describe(
      "Take the database's services to 0 replicas before, and back after; default false: they run on the images that the stack names.",
    ),
}).describe(
  "Brings one database back. It stays there as long as this key stands; taking the key out is the release.",
);

export type RollbackConfig = z.output<typeof rollback>;
