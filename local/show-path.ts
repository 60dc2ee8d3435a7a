import { relative } from "node:path";

/** A path as short as it can be said from where the developer is. */
export function showPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}
