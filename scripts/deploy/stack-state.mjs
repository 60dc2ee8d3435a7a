import { text } from "node:stream/consumers";

/**
 * The Jobs and Deployments in a stack's state, as `pulumi stack export` prints it.
 *
 * @typedef {object} ClusterObject
 * @property {"Job" | "Deployment"} kind
 * @property {string} context kube context of its provider
 * @property {string} namespace
 * @property {string} name
 * @property {string} database of a Job: the database that it migrates; "" for others
 * @property {{ name: string; image: string }[]} containers
 *
 * @returns {Promise<{ objects: ClusterObject[]; databases: string[]; services: string[] }>} Jobs before
 *   Deployments; the databases and services that the stack says it has
 */
export async function readStackState() {
  const resources = JSON.parse(await text(process.stdin)).deployment?.resources ?? [];
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  return {
    objects: objectsOf(resources),
    databases: Object.keys(stack?.outputs?.schemas ?? {}),
    services: Object.keys(stack?.outputs?.services ?? {}),
  };
}

function objectsOf(resources) {
  return ["Job", "Deployment"].flatMap((kind) =>
    resources
      .filter(
        ({ type }) =>
          type === (kind === "Job" ? "kubernetes:batch/v1:Job" : "kubernetes:apps/v1:Deployment"),
      )
      // What an interrupted deploy has still to delete is no part of the platform any more.
      .filter((resource) => resource.delete !== true)
      .map((resource) => describe(kind, resource, resources)),
  );
}

function describe(kind, { inputs, outputs, provider }, resources) {
  const metadata = outputs?.metadata ?? inputs.metadata;
  return {
    kind,
    context: contextOf(provider, resources),
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    database: metadata.labels?.["tidegate.dev/database"] ?? "",
    containers: inputs.spec.template.spec.containers,
  };
}

/** A resource names its provider by URN and id, `urn:pulumi:…::id`. */
function contextOf(provider, resources) {
  const urn = String(provider).replace(/::[^:]*$/, "");
  const context = resources.find((resource) => resource.urn === urn)?.inputs?.context;
  if (typeof context !== "string") {
    throw new Error(`the state has no kube context for provider ${urn}`);
  }
  return context;
}
