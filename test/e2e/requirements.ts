import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { pulumiRoot } from "../../operate/pulumi-root.ts";

const run = promisify(execFile);

/** A check that hangs would look like a slow test run: a cluster that is there answers in less. */
const PATIENCE = 20_000;

/** What every scenario stands on. */
export interface Engine {
  /** The CLI that runs every stack. */
  readonly pulumi: automation.PulumiCommand;
  /** Environment of every CLI process: plugins beside the CLI are found, nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** The kube context that is current; stacks allow this one and no other. */
  readonly context: string;
  /** Registry that both this machine and the cluster reach. */
  readonly registry: string;
}

/** What is missing, one sentence each, with how to get it. */
export interface Missing {
  readonly missing: readonly string[];
}

/**
 * Looks for the CLI, the cluster, and Docker with a registry.
 *
 * Which CLI that is says {@link pulumiRoot}.
 * `TIDEGATE_E2E_REGISTRY` names the registry; default `localhost:5000`.
 */
export async function findEngine(): Promise<Engine | Missing> {
  const cli = pulumiRoot(process.env);
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true", ...cli.env };
  const registry = process.env["TIDEGATE_E2E_REGISTRY"] ?? "localhost:5000";
  const [pulumi, context, docker, pushed] = await Promise.all([
    found(automation.PulumiCommand.get(cli.options)),
    found(currentContext()),
    found(run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: PATIENCE })),
    found(fetch(`http://${registry}/v2/`, { signal: AbortSignal.timeout(PATIENCE) })),
  ]);
  const missing = [
    "problem" in pulumi &&
      `the Pulumi CLI (${pulumi.problem}): name its folder in PULUMI_ROOT, or install the npm package by npm ci`,
    "problem" in context &&
      `a Kubernetes cluster (${context.problem}): set KUBECONFIG, for example after kind create cluster`,
    "problem" in docker && `a Docker engine (${docker.problem}): start it, or set DOCKER_HOST`,
    "problem" in pushed &&
      `a registry on ${registry} (${pushed.problem}): docker run -d -p 5000:5000 registry:2, reachable by the cluster under that name, or set TIDEGATE_E2E_REGISTRY`,
  ].filter((problem) => problem !== false);
  if ("problem" in pulumi || "problem" in context || missing.length > 0) return { missing };
  return { pulumi: pulumi.value, env, context: context.value, registry };
}

async function currentContext(): Promise<string> {
  const { stdout } = await run("kubectl", ["config", "current-context"], { timeout: PATIENCE });
  await run("kubectl", ["get", "--raw", "/readyz"], { timeout: PATIENCE });
  return stdout.trim();
}

type Found<T> = { readonly value: T } | { readonly problem: string };

async function found<T>(search: Promise<T>): Promise<Found<T>> {
  try {
    return { value: await search };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { problem: text.trim().split("\n").at(-1) ?? text };
  }
}
