import { readFileSync } from "node:fs";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";

/** How a connection is encrypted, in the form that `pg` takes; `false` is no encryption. */
export type Tls = false | ConnectionOptions;

/** Hosts whose traffic never leaves the machine. */
const LOCAL = /^(?:\/.*|localhost|127(?:\.\d+){3}|::1)$/;

/** What the environment says of one connection's encryption; an empty text is "not given". */
export interface TlsVariables {
  readonly host: string;
  /** `verify-full`, `verify-ca` or `disable`; not given it is `disable` on this machine only. */
  readonly mode: string;
  readonly modeVariable: string;
  /** File of the authority's certificate; without it Node's own list is trusted. */
  readonly caFile: string;
  readonly caVariable: string;
  /** Name that the certificate must carry, where it is not the host's. */
  readonly serverName: string;
}

/** @returns the options for `pg`, or what is wrong. */
export function readTls(given: TlsVariables): Tls | string {
  if (given.mode === "disable" || (given.mode === "" && LOCAL.test(given.host))) return false;
  if (given.mode === "") {
    return (
      `${given.modeVariable}: nothing says how the server is verified, and it is another machine: ` +
      "set it to verify-full, verify-ca or disable"
    );
  }
  if (given.mode !== "verify-full" && given.mode !== "verify-ca") {
    return (
      `${given.modeVariable}: allowed are verify-full, verify-ca and disable; ` +
      "any other mode encrypts without knowing who answers"
    );
  }
  const options: ConnectionOptions = { rejectUnauthorized: true };
  if (given.caFile !== "") {
    try {
      options.ca = readFileSync(given.caFile, "utf8");
    } catch {
      return `${given.caVariable}: the file ${given.caFile} cannot be read; mount it or correct the path`;
    }
  }
  if (given.mode === "verify-ca") {
    // The chain is checked, the name is not.
    options.checkServerIdentity = () => undefined;
  } else if (given.serverName !== "") {
    // Not `servername`: pg overwrites it with the host.
    const { serverName } = given;
    options.checkServerIdentity = (_host, certificate) =>
      checkServerIdentity(serverName, certificate);
  }
  return options;
}
