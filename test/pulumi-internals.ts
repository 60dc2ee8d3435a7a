import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state.js";

/**
 * What the mocks of the SDK leave out and is there at run time all the same: parents, dependencies and
 * hooks of a registration (pulumi/pulumi#14421). Everything that leans on it is in this file.
 */
interface Monitor {
  registerResource(
    request: RegisterRequest,
    callback: (error: unknown, response?: { getUrn(): string }) => void,
  ): Promise<void>;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getDependenciesList(): string[];
  getDeletedwith(): string;
  getProtect(): boolean | undefined;
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getDeletebeforereplace(): boolean;
  getHooks():
    | {
        getBeforeCreateList(): string[];
        getBeforeUpdateList(): string[];
        getOnErrorList(): string[];
      }
    | undefined;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

interface Internals {
  getMonitor(): Monitor;
  waitForRPCs(): Promise<void>;
}

const internals = pulumi.runtime as unknown as Internals;

/** The mock monitor of the current test. */
export function getMonitor(): Monitor {
  return internals.getMonitor();
}

/** Resolves when every registration has been answered. */
export async function waitForRPCs(): Promise<void> {
  await internals.waitForRPCs();
}

type Callback = () => void | Promise<void>;

/** Collects hooks instead of registering them with an engine, so that a test can call them. */
export function recordHooks(): ReadonlyMap<string, Callback> {
  const hooks = new Map<string, Callback>();
  const store = (state as unknown as { getStore: () => { callbacks: unknown } }).getStore();
  store.callbacks = {
    registerResourceHook: (hook: { name: string; callback: Callback }) => {
      hooks.set(hook.name, hook.callback);
      return Promise.resolve();
    },
    // Called by the engine alone, with the error of a provider.
    registerErrorHook: () => Promise.resolve(),
    awaitStackRegistrations: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  return hooks;
}
