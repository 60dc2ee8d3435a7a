import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** What Kubernetes gives a pod to end where its template says nothing. Source: Kubernetes, "Pod Lifecycle". */
const TERMINATION_SECONDS = 30;

/** A node learns of a deletion, and its clock starts, a little later. */
const LATE_SECONDS = 5;

/** After this long no pod of an earlier rollout is left, in seconds. */
export const GRACE_SECONDS = TERMINATION_SECONDS + LATE_SECONDS;

/** What a change of a role's inputs means for pods that run. */
export type RotationStep = "refuse" | "wait" | "go";

/**
 * A login that stays open never gets another password: pods that use it would be cut off. One that is
 * locked has pods on their way out, which get the time that they have.
 */
export function rotationStep(old: unknown, next: unknown): RotationStep {
  const before = readInputs(old);
  const after = readInputs(next);
  if (!before.login) return "go";
  if (!after.login) return "wait";
  if (before.password === after.password) return "go";
  // `passwords: plain` or `verifier`: the same password in another form.
  return isVerifier(before.password) === isVerifier(after.password) ? "refuse" : "go";
}

/** The hook that holds a role's update to that. */
export function rotationHook(name: string, role: string, service: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-rotation`, async ({ oldInputs, newInputs }) => {
    const [old, next] = await revealed([oldInputs, newInputs]);
    const step = rotationStep(old, next);
    if (step === "refuse") throw new Error(refusal(role, service));
    if (step === "wait") await delay(GRACE_SECONDS * 1000);
  });
}

/** A hook gets what is secret as Outputs; compared as they are, two passwords would never differ. */
function revealed<T>(inputs: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    pulumi.output(inputs).apply(resolve);
  });
}

function refusal(role: string, service: string): string {
  return (
    `'${role}' is to get a new password, but is open still and pods may use it: they would be cut off.\n` +
    `services.${service}.passwordGeneration is raised by one at a time, and only after an 'up' has come to its end: ` +
    `set it back by one, run 'pulumi up', then raise it by one.`
  );
}

function readInputs(inputs: unknown): { readonly login: boolean; readonly password: string } {
  const { login, password } = Object.fromEntries(
    Object.entries(typeof inputs === "object" && inputs !== null ? inputs : {}),
  );
  return { login: login === true, password: typeof password === "string" ? password : "" };
}

function isVerifier(password: string): boolean {
  return password.startsWith("SCRAM-SHA-256$");
}
