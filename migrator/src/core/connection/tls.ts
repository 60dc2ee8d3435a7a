import { readFileSync } from "node:fs";

import { messageOf } from "../migrator-error.ts";
import type { TlsMode, TlsSettings } from "./settings.ts";

/** What was said about TLS, each with the name of what said it. */
export interface TlsWords {
  readonly mode?: { readonly from: string; readonly value: string };
  readonly rootCert?: { readonly from: string; readonly value: string };
  readonly serverName?: string;
}

export interface ReadTls {
  readonly tls: TlsSettings;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

const MODES = "verify-full, verify-ca or disable";

/** Hosts whose traffic never leaves the machine. */
export function isLocal(host: string): boolean {
  return host.startsWith("/") || /^(localhost|127(\.\d+){3}|::1)$/.test(host);
}

/**
 * Decides how the server is verified.
 *
 * Without `sslmode` a local host is reached in plain text, and any other is refused until the mode is
 * stated: guessing `verify-full` fails on every Docker network, guessing `disable` sends passwords and
 * data through foreign networks without a word.
 */
export function readTls(host: string, words: TlsWords, modeVariable: string): ReadTls {
  const problems: string[] = [];
  const notices: string[] = [];
  const mode = readMode(host, words.mode, modeVariable, problems, notices);
  let ca: string | undefined;
  const rootCert = words.rootCert;
  if (rootCert !== undefined && mode !== "disable" && rootCert.value !== "system") {
    try {
      ca = readFileSync(rootCert.value, "utf8");
      if (!ca.includes("-----BEGIN CERTIFICATE-----")) {
        problems.push(`${rootCert.from}: ${rootCert.value} holds no PEM certificate`);
      }
    } catch (error) {
      problems.push(`${rootCert.from}: ${messageOf(error)}`);
    }
  }
  return {
    tls: {
      mode,
      ...(ca === undefined ? {} : { ca }),
      ...(words.serverName === undefined ? {} : { serverName: words.serverName }),
    },
    problems,
    notices,
  };
}

function readMode(
  host: string,
  word: TlsWords["mode"],
  modeVariable: string,
  problems: string[],
  notices: string[],
): TlsMode {
  if (word === undefined) {
    if (!isLocal(host)) {
      problems.push(
        `nothing says whether the server at ${host} is reached with TLS; set ${modeVariable} (or sslmode= in the URL) to ${MODES}`,
      );
    }
    return "disable";
  }
  switch (word.value) {
    case "verify-full":
    case "verify-ca":
    case "disable":
      return word.value;
    case "true":
    case "1":
      return "verify-full";
    case "false":
    case "0":
      return "disable";
    case "require":
      // Libpq's `require` encrypts and asks nobody who answers; most who write it expect more.
      notices.push(`${word.from}=require is read as verify-full: the certificate is checked`);
      return "verify-full";
    case "prefer":
    case "allow":
      problems.push(
        `${word.from}=${word.value} falls back to plain text without a word; use ${MODES}`,
      );
      return "disable";
    default:
      problems.push(`${word.from} is not a TLS mode; use ${MODES}`);
      return "disable";
  }
}
