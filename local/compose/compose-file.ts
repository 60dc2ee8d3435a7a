/** The part of the Compose specification that is written; docker-compose 1.29 reads all of it. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, Record<string, never>>>;
}

/** When a service may start, by what it depends on. */
export type Condition = "service_healthy" | "service_started" | "service_completed_successfully";

export interface ComposeService {
  readonly image: string;
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly args?: Readonly<Record<string, string>>;
  };
  readonly platform?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: Condition }>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly retries: number;
  };
  readonly restart?: "no" | "unless-stopped" | "on-failure";
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
}

/** What a container keeps of the limits of its pod. */
export const HARDENED = {
  read_only: true,
  tmpfs: ["/tmp"],
  cap_drop: ["ALL"],
  security_opt: ["no-new-privileges:true"],
} as const;

/** Text as it is: Compose would take what follows a `$` for a variable. */
export function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/**
 * A variable without which Compose refuses to start anything.
 *
 * @param what named in the refusal; without `}`, which would end it.
 */
export function required(variable: string, what: string): string {
  return `\${${variable}:?${what}}`;
}
