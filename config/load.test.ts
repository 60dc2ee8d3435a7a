import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadPlatform } from "./load.ts";
import { withFolder } from "./temporary-folder.ts";
import { DIGEST } from "./test-platform.ts";

const CONFIG = {
  "tidegate:adminPassword": "s3cret-admin",
  "tidegate:apiToken": "s3cret-token",
  "tidegate:extends": "",
  "tidegate:context": "kind-kind",
  "tidegate:images": JSON.stringify({ migrator: `x@${DIGEST}` }),
  "tidegate:server": JSON.stringify({ kind: "external", host: "db.example" }),
  "tidegate:services": JSON.stringify({
    api: { image: `x@${DIGEST}`, secretEnv: { T: "apiToken" } },
  }),
  "kubernetes:context": "elsewhere",
};
const SECRET = ["tidegate:adminPassword", "tidegate:apiToken"];

beforeEach(async () => {
  await pulumi.runtime.setMocks(
    { call: ({ inputs }) => inputs, newResource: ({ inputs }) => ({ id: "id", state: inputs }) },
    "tidegate",
    "dev",
  );
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What a load with these values gives, in a project of its own with `context` as current one. */
async function load(
  values: Readonly<Record<string, string>>,
  secret: readonly string[],
  { context = "kind-kind", stackFile }: { context?: string; stackFile?: string } = {},
) {
  pulumi.runtime.setAllConfig({ ...values }, [...secret]);
  return await withFolder(
    { "kubeconfig.yaml": `current-context: ${context}\n` },
    async (folder) => {
      vi.stubEnv("KUBECONFIG", join(folder, "kubeconfig.yaml"));
      vi.spyOn(process, "cwd").mockReturnValue(folder);
      if (stackFile !== undefined) await writeFile(join(folder, "Pulumi.dev.yaml"), stackFile);
      return await loadPlatform();
    },
  );
}

async function failureOf(...args: Parameters<typeof load>): Promise<unknown> {
  return await load(...args).then(
    () => "loaded",
    (error: unknown) => error,
  );
}

test("a stack's values become a spec, and its secrets outputs beside it", async () => {
  const { spec, secrets } = await load(CONFIG, SECRET);
  expect(spec.stack).toBe("dev");
  expect(spec.context).toBe("kind-kind");
  expect(spec.services.map(({ secretEnv }) => secretEnv)).toEqual([{ T: "apiToken" }]);
  expect(Object.keys(secrets.values)).toEqual(["apiToken"]);
  expect(await pulumi.isSecret(secrets.values["apiToken"] ?? pulumi.output(""))).toBe(true);
  expect(await pulumi.isSecret(secrets.adminPassword ?? pulumi.output(""))).toBe(true);
  expect(JSON.stringify(spec)).not.toContain("s3cret");
});

test("a mistake ends the program without a stack trace", async () => {
  const error = await failureOf({ ...CONFIG, "tidegate:registri": "x" }, SECRET, {
    context: "prod",
  });
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect(error instanceof Error && error.message).toBe(
    [
      "the configuration of stack dev has 2 problems; nothing was changed:",
      '  registri (Pulumi.dev.yaml): there is no such key; did you mean "registry"? allowed here: extends, adminPassword, namespace, context, registry, images, server, provisioning, passwords, migrationNamespace, networkPolicies, monitoring, notifications, defaults, databases, services, rollback',
      '  context (Pulumi.dev.yaml): the current kube context is "prod" and this stack may touch "kind-kind" only: kubectl config use-context kind-kind, or add it here',
    ].join("\n"),
  );
});

test("a password in clear is refused and not quoted", async () => {
  const error = await failureOf(CONFIG, ["tidegate:apiToken"]);
  expect(String(error)).toContain(
    '  adminPassword: "adminPassword" is stored in clear: pulumi config set --secret adminPassword encrypts it',
  );
  expect(String(error)).not.toContain("s3cret");
});

test("a secret inside of a structured value is refused with its path and not quoted", async () => {
  const server = { kind: "external", host: "db.example", admin: { user: "s3cret-user" } };
  const error = await failureOf(
    { ...CONFIG, "tidegate:server": JSON.stringify(server) },
    [...SECRET, "tidegate:server"],
    {
      stackFile:
        "config:\n  tidegate:server: { kind: external, host: db.example, admin: { user: { secure: v1:abc } } }\n",
    },
  );
  expect(error instanceof Error && error.message).toMatch(
    /^the configuration of stack dev has 1 problem; nothing was changed:\n {2}server\.admin\.user \(Pulumi\.dev\.yaml\): is encrypted inside a structured value/,
  );
  expect(String(error)).not.toContain("s3cret");
});
