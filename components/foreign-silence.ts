import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { VERDICT } from "./job-silence.ts";

const run = promisify(execFile);

/** How long the deployer waits for kubectl, in milliseconds: the `up` has failed already. */
const PATIENCE = 10_000;

export interface SilentForeignJob {
  /** The tool's image. */
  readonly image: string;
  /** Name of the database in Postgres. */
  readonly database: string;
  /** The namespace's name. */
  readonly namespace: string;
  /** The kube context of the stack. */
  readonly context: string;
  readonly deadlineSeconds: number;
}

/**
 * What there is to say of another tool's Job that failed without a word of it; undefined where it has
 * spoken. The provider looks at main containers only: of the check before the tool it knows nothing.
 *
 * @param error text of the provider's error
 * @param reason what the check said; empty where nobody could ask it
 */
export function explainForeignSilence(
  error: string,
  job: SilentForeignJob,
  reason: string,
): string | undefined {
  if (error.includes(VERDICT)) return undefined;
  const { namespace, database } = job;
  const of = `the Job of database '${database}'`;
  if (reason !== "") return `${of}: its check before the tool has failed:\n${reason}`;
  if (error.includes("[DeadlineExceeded]")) {
    return (
      `${of} reached its deadline of ${job.deadlineSeconds} s: the tool took longer (raise databases.${database}.deadline), or its image cannot be pulled or started: ${job.image}. Kubernetes says more:\n` +
      `  kubectl get events --namespace ${namespace} --field-selector type=Warning`
    );
  }
  return (
    `${of} failed before the tool said a word; mostly its check before the tool did, which says why:\n` +
    `  kubectl ${logOf(error, job).join(" ")}`
  );
}

/**
 * The hook that says so beside the provider's error. It asks kubectl for the check's own words, as
 * nothing else on this machine reads the log of an init container; without kubectl it says what to run.
 */
export function foreignSilenceHook(
  name: string,
  speaker: pulumi.Resource,
  job: SilentForeignJob,
): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-silence`, async ({ errors }) => {
    const error = errors[0] ?? "";
    const sentence = explainForeignSilence(error, job, "");
    if (sentence === undefined) return false;
    const reason = await run("kubectl", ["--context", job.context, ...logOf(error, job)], {
      timeout: PATIENCE,
    }).then(
      ({ stdout }) => failureIn(stdout),
      () => "",
    );
    // As a warning: an error from here would end the program, and with it `--continue-on-error`.
    await pulumi.log.warn(explainForeignSilence(error, job, reason) ?? sentence, speaker);
    return false;
  });
}

/** The error that the runner printed as its last line; empty where it printed none. */
export function failureIn(log: string): string {
  const last = log.trim().split("\n").at(-1) ?? "";
  let record: unknown;
  try {
    record = JSON.parse(last);
  } catch {
    return "";
  }
  const { event, message, next } = Object.fromEntries(Object.entries(Object(record)));
  if (event !== "error" || typeof message !== "string") return "";
  return typeof next === "string" ? `${message}\nnext: ${next}` : message;
}

/**
 * By the pod's name, which the provider's error holds: a selector would take in the pods of the check at
 * the end too, which have no such container, and kubectl then shows nothing at all.
 */
function logOf(error: string, { namespace, database }: SilentForeignJob): readonly string[] {
  const pod = /\[Pod [^/\]]+\/([^\]]+)\]/.exec(error)?.[1];
  const selector = `app.kubernetes.io/component=migration,tidegate.dev/database=${database}`;
  return pod === undefined
    ? ["get", "pods", "--namespace", namespace, "--selector", selector]
    : ["logs", "--namespace", namespace, pod, "--container", "pre-flight-check", "--tail", "20"];
}
