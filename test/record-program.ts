import * as pulumi from "@pulumi/pulumi";
import { getMonitor, waitForRPCs } from "./pulumi-internals.ts";
import { recordHooks } from "./pulumi-internals.ts";

/** One registration, as the engine would get it. */
export interface Recorded {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string;
  /** URNs that it waits for. */
  readonly dependencies: readonly string[];
  readonly deletedWith: string;
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** Names of hooks by moment. */
  readonly hooks: {
    readonly beforeCreate: readonly string[];
    readonly beforeUpdate: readonly string[];
    readonly onError: readonly string[];
  };
  /** Inputs with secrets replaced by {@link SECRET}. */
  readonly inputs: Record<string, unknown>;
}

/** Stands where an input was marked as a secret. */
export const SECRET = "[secret]";

/** Every generated password starts like this, so that one that is not marked as a secret is found. */
export const PLAIN_PASSWORD = "generated-password-of-";

export interface Recording {
  readonly resources: readonly Recorded[];
  readonly hooks: ReadonlyMap<string, () => void | Promise<void>>;
  /** The one resource with that logical name and type. */
  readonly find: (type: string, name: string) => Recorded;
}

export interface RecordOptions {
  /** Status that the Jobs report, by a part of their name; `succeeded: 1` where none matches. */
  readonly jobStatus?: Readonly<Record<string, object | undefined>>;
  /** Names of Deployments that do not roll out. */
  readonly stuck?: readonly string[];
  /** What the provider adds to a ConfigMap's name where the program gives none; default `00000000`. */
  readonly suffix?: string;
  /** ConfigMaps that were left out of the update, by a part of their name: the state answers for them. */
  readonly leftOut?: readonly string[];
}

/** Runs a program without an engine and records what it registers. */
export async function recordProgram(
  program: () => void,
  options: RecordOptions = {},
): Promise<Recording> {
  const resources: Recorded[] = [];
  await pulumi.runtime.setMocks(
    {
      call: ({ inputs }) => inputs,
      newResource: (args) => ({
        id: `${args.name}-id`,
        state: { ...args.inputs, ...answer(args, options) },
      }),
    },
    "tidegate",
    "test",
    false,
  );
  const hooks = recordHooks();
  const monitor = getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, callback) => {
    await register(request, (error, response) => {
      if (response !== undefined) resources.push(read(request, response.getUrn()));
      callback(error, response);
    });
  };
  program();
  await waitForRPCs();
  return {
    resources,
    hooks,
    find: (type, name) => {
      const found = resources.filter((entry) => entry.type === type && entry.name === name);
      if (found.length !== 1 || found[0] === undefined) {
        throw new Error(`${found.length} resources are a ${type} named '${name}'`);
      }
      return found[0];
    },
  };
}

/** What a provider would answer beyond the inputs. */
function answer(
  args: pulumi.runtime.MockResourceArgs,
  options: RecordOptions,
): Record<string, unknown> {
  switch (args.type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: pulumi.secret(`${PLAIN_PASSWORD}${args.name}`) };
    case "random:index/randomId:RandomId":
      return { hex: "0a1b2c3d" };
    case "random:index/randomBytes:RandomBytes":
      return { base64: Buffer.from(args.name).toString("base64") };
    case "docker:index/container:Container":
      return {
        networkDatas: [
          {
            networkName: args.inputs.networksAdvanced?.[0]?.name ?? "bridge",
            ipAddress: "172.17.0.2",
          },
        ],
      };
    case "kubernetes:batch/v1:Job": {
      const stated = Object.entries(options.jobStatus ?? {}).find(([part]) =>
        args.name.includes(part),
      );
      return {
        metadata: { ...(args.inputs.metadata as object), name: `${args.name}-00000000` },
        status: stated === undefined ? { succeeded: 1 } : stated[1],
      };
    }
    case "kubernetes:core/v1:ConfigMap": {
      const older = options.leftOut?.some((part) => args.name.includes(part)) === true;
      return {
        metadata: {
          name: `${args.name}-${older ? "ffffffff" : (options.suffix ?? "00000000")}`,
          ...(args.inputs.metadata as object),
          ...(older && { annotations: { "tidegate.dev/digest": "ffffffff" } }),
        },
      };
    }
    case "kubernetes:apps/v1:Deployment": {
      const status = options.stuck?.includes(args.name) === true ? "False" : "True";
      const conditions = ["Available", "Progressing"].map((type) => ({ type, status }));
      return { status: { conditions } };
    }
    default:
      return {};
  }
}

type Request = Parameters<ReturnType<typeof getMonitor>["registerResource"]>[0];

function read(request: Request, urn: string): Recorded {
  const hooks = request.getHooks();
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    dependencies: request.getDependenciesList(),
    deletedWith: request.getDeletedwith(),
    protect: request.getProtect() ?? false,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    hooks: {
      beforeCreate: hooks?.getBeforeCreateList() ?? [],
      beforeUpdate: hooks?.getBeforeUpdateList() ?? [],
      onError: hooks?.getOnErrorList() ?? [],
    },
    inputs: hideSecrets(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
  };
}

/**
 * Replaces secrets. The two values are Pulumi's own marks of a special object and of a secret.
 *
 * Source: `sdk/nodejs/runtime/rpc.ts`.
 */
function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (value === null || typeof value !== "object") return value;
  if (
    "4dabf18193072939515e22adb298388d" in value &&
    value["4dabf18193072939515e22adb298388d"] === "1b47061264138c4ac30d75fd1eb44270"
  ) {
    return SECRET;
  }
  return Object.fromEntries(Object.entries(value).map(([key, node]) => [key, hideSecrets(node)]));
}
