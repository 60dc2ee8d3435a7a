/**
 * Annotation with the digest of all that an object is made of. On a Job's pod its change replaces the Job,
 * and the hook compares it: a Job that was left out of an update is the one of an older release. On a
 * ConfigMap with migrations it tells the same of these.
 */
export const DIGEST_ANNOTATION = "tidegate.dev/digest";

/** Annotation of the pod with the commit that is deployed; it reaches the history. */
export const COMMIT_ANNOTATION = "tidegate.dev/commit";
