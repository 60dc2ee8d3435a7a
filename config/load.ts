import { homedir } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import { refreshBuilds } from "./build-outputs.ts";
import { currentContext } from "./current-context.ts";
import { gitCommit } from "./git-commit.ts";
import { specOf } from "./load-file.ts";
import { ConfigError } from "./problem.ts";
import { ADMIN_PASSWORD_KEY } from "./schema/platform.ts";
import type { PlatformSecrets } from "./secrets.ts";
import type { PlatformSpec } from "./spec.ts";
import { readStackConfig, secretOutputs } from "./stack-config.ts";

/**
 * The description of this stack's platform and its secrets. Call it before any resource is made.
 *
 * @throws pulumi.RunError with every mistake of the configuration at once
 */
export async function loadPlatform(): Promise<{
  readonly spec: PlatformSpec;
  readonly secrets: PlatformSecrets;
}> {
  const projectDir = process.cwd();
  const values = await readStackConfig(projectDir);
  const commit = await gitCommit(projectDir, process.env);
  const context = {
    project: pulumi.getProject(),
    stack: pulumi.getStack(),
    current: await currentContext(process.env, homedir()),
    secrets: values.secrets,
    ...(commit !== undefined && { commit }),
  };
  try {
    const { spec, warnings } = await specOf(projectDir, values, context, (config) =>
      refreshBuilds(projectDir, config),
    );
    await Promise.all(warnings.map((warning) => pulumi.log.warn(warning)));
    return { spec, secrets: secretsOf(values.secrets.encrypted) };
  } catch (error) {
    // A RunError is printed without a stack trace: the mistake is not in the program.
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message, { cause: error });
    throw error;
  }
}

function secretsOf(encrypted: ReadonlySet<string>): PlatformSecrets {
  const adminPassword = new pulumi.Config().getSecret(ADMIN_PASSWORD_KEY);
  return {
    values: secretOutputs(encrypted),
    ...(adminPassword !== undefined && encrypted.has(ADMIN_PASSWORD_KEY) && { adminPassword }),
  };
}
