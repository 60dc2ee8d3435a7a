import { join } from "node:path";

/**
 * Where the Pulumi CLI is: `PULUMI_ROOT` names a folder with `bin/pulumi` and its plugins; without it the
 * npm package's is taken, which npm puts into the PATH.
 */
export interface PulumiRoot {
  /** Of `PulumiCommand.get`; empty where no folder is named. */
  readonly options: { readonly root?: string };
  /** The command to run. */
  readonly command: string;
  /** What the environment of its processes has besides, so that it finds its plugins. */
  readonly env: { readonly PATH?: string };
}

/** Reads `PULUMI_ROOT` and `PATH`. */
export function pulumiRoot(env: NodeJS.ProcessEnv): PulumiRoot {
  const root = env["PULUMI_ROOT"];
  if (root === undefined) return { options: {}, command: "pulumi", env: {} };
  return {
    options: { root },
    command: join(root, "bin", "pulumi"),
    env: { PATH: `${root}/bin:${env["PATH"] ?? ""}` },
  };
}
