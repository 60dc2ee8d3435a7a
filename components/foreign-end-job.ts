import type { types } from "@pulumi/kubernetes";
import { SCHEMA_FILE } from "@tidegate/migrator/contract";
import { buildCaMount, buildRunnerEnv } from "./connection.ts";
import type { ForeignJobArgs } from "./foreign-container.ts";
import { sealOption } from "./foreign-schema.ts";
import { DIGEST_ANNOTATION } from "./job-annotations.ts";
import { buildRunnerJob } from "./runner-job.ts";

/** Where the check at the end finds what must have arrived. */
const WANTED_DIR = "/etc/tidegate/schema";

/** How long it looks for that, in seconds: the tool has ended, so it is there or will never be. */
const ARRIVAL_SECONDS = 10;

/** Bound of the check at the end, in seconds. */
const END_DEADLINE_SECONDS = 120;

/** What must have arrived stands in the files. */
export type ForeignEndArgs = ForeignJobArgs & Required<Pick<ForeignJobArgs, "files">>;

/**
 * The check after the tool has ended well: what this deploy leads to stands in its history, which from
 * then on nobody but the owner may write. A tool that skips a file says nothing of it.
 *
 * @param digest that of the tool's Job, so that it runs again whenever that does
 */
export function buildEndJob(args: ForeignEndArgs, digest: string): types.input.batch.v1.JobSpec {
  const ca = buildCaMount(args.server.caConfigMap);
  return buildRunnerJob({
    image: args.image,
    labels: args.labels,
    annotations: { [DIGEST_ANNOTATION]: digest },
    serviceAccount: args.serviceAccount,
    main: {
      name: "verify",
      args: [
        "wait",
        "--schema",
        `${WANTED_DIR}/${SCHEMA_FILE}`,
        "--timeout",
        String(ARRIVAL_SECONDS),
        ...sealOption(args.runner),
      ],
      env: buildRunnerEnv(args.secret, args.server.tls),
      mounts: [{ name: "wanted", mountPath: WANTED_DIR, readOnly: true }, ...ca.mounts],
    },
    volumes: [
      {
        name: "wanted",
        configMap: { name: args.files.name, items: [{ key: SCHEMA_FILE, path: SCHEMA_FILE }] },
      },
      ...ca.volumes,
    ],
    resources: args.database.resources,
    deadlineSeconds: END_DEADLINE_SECONDS,
    retries: args.database.podRetries ?? 0,
    ...(args.database.pod !== undefined && { pod: args.database.pod }),
  });
}
