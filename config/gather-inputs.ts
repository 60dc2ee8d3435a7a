import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BundleError,
  bundleFolder,
  lintFolders,
  type LintResult,
  type MigrationBundle,
  ParserMissingError,
} from "@tidegate/migrator/bundle";
import { buildDigest, BuildInputError, type BuildInput } from "./images/build-digest.ts";
import { buildKey, buildsMigrator, buildsOf, MIGRATOR_BUILD } from "./images/plan.ts";
import { bundleProblems } from "./bundle-problems.ts";
import { type Found, type Inputs, valueOf } from "./inputs.ts";
import { readRunnerFolder, runnerFolderKey } from "./runner-folder.ts";
import type { PlatformConfig } from "./schema/platform.ts";

/** Reads everything that `config` names, and keeps what went wrong beside the rest. */
export async function gatherInputs(projectDir: string, config: PlatformConfig): Promise<Inputs> {
  const folders = Object.values(config.databases).flatMap(({ migrations }) => migrations ?? []);
  const builds = [...(buildsMigrator(config) ? [MIGRATOR_BUILD] : []), ...buildsOf(config)];
  const runners = Object.values(config.databases).flatMap(({ runner }) =>
    runner?.migrations === undefined ? [] : [runner],
  );
  const ca = config.server?.tls.ca;
  const reading = each(
    folders,
    (folder) => folder,
    (folder) => readBundle(projectDir, folder),
  );
  const [bundles, foreign, lints, digests, certificates] = await Promise.all([
    reading,
    each(runners, runnerFolderKey, (runner) => readRunnerFolder(projectDir, runner)),
    reading.then((read) => lintAll(projectDir, config, read)),
    each(builds, buildKey, (build) => readDigest(projectDir, build)),
    each(
      ca === undefined ? [] : [ca],
      (file) => file,
      (file) => readCertificates(projectDir, file),
    ),
  ]);
  return { bundles, foreign, lints, digests, certificates };
}

async function each<K, T>(
  wanted: readonly K[],
  keyOf: (wanted: K) => string,
  read: (wanted: K) => Promise<Found<T>>,
): Promise<ReadonlyMap<string, Found<T>>> {
  const unique = new Map(wanted.map((one) => [keyOf(one), one]));
  return new Map(
    await Promise.all([...unique].map(async ([key, one]) => [key, await read(one)] as const)),
  );
}

async function readBundle(projectDir: string, folder: string): Promise<Found<MigrationBundle>> {
  try {
    return { value: await bundleFolder(join(projectDir, folder)) };
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return { problems: bundleProblems(error) };
  }
}

/** All databases in one process of the parser: its start takes longer than all the rest. */
async function lintAll(
  projectDir: string,
  config: PlatformConfig,
  bundles: Inputs["bundles"],
): Promise<Inputs["lints"]> {
  const databases = Object.entries(config.databases).flatMap(
    ([name, { migrations: folder = "", lintAfter: after }]) => {
      const bundle = valueOf(bundles.get(folder));
      const dir = join(projectDir, folder);
      return bundle === undefined
        ? []
        : [{ name, folder: { dir, bundle, ...(after !== undefined && { after }) } }];
    },
  );
  try {
    const results = await lintFolders(databases.map(({ folder }) => folder));
    return new Map(
      databases.flatMap(({ name }, i): [string, Found<LintResult>][] => {
        const value = results[i];
        return value === undefined ? [] : [[name, { value }]];
      }),
    );
  } catch (error) {
    if (!(error instanceof ParserMissingError)) throw error;
    const problems = [`the migrations cannot be checked: ${error.message}`];
    return new Map(databases.slice(0, 1).map(({ name }) => [name, { problems }]));
  }
}

async function readDigest(projectDir: string, build: BuildInput): Promise<Found<string>> {
  try {
    return { value: await buildDigest(projectDir, build) };
  } catch (error) {
    if (!(error instanceof BuildInputError)) throw error;
    return { problems: [error.message] };
  }
}

async function readCertificates(projectDir: string, file: string): Promise<Found<string>> {
  let text: string;
  try {
    text = await readFile(join(projectDir, file), "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return {
      problems: [`"${file}" cannot be read (${reason}): give a PEM file, relative to the project`],
    };
  }
  // The text goes into a ConfigMap and the stack's state in clear.
  if (text.includes("PRIVATE KEY")) {
    return {
      problems: [
        `"${file}" holds a private key, which must not leave its server: give the certificates only`,
      ],
    };
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || !blocks.every(isCertificate)) {
    return {
      problems: [`"${file}" holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`],
    };
  }
  return { value: text };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== null;
  } catch {
    return false;
  }
}
