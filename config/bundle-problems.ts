import type { BundleError } from "@tidegate/migrator/bundle";

/** The mistakes of a folder of migrations, one sentence each. */
export function bundleProblems({ problems }: BundleError): readonly string[] {
  return problems.map(({ file, line, message }) => {
    const place = line === undefined ? file : `${file}:${line}`;
    return `${place}: ${message}`;
  });
}
