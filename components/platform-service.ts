import { loginPlans } from "../config/access-plan.ts";
import type { PodSettings, ServiceDatabaseSpec, ServiceSpec, SidecarSpec } from "../config/spec.ts";
import { existingCredentials } from "./credentials.ts";
import type { Gate } from "./gate.ts";
import { pick, type PlatformContext, secretsOf } from "./platform-context.ts";
import type { Database } from "./platform-database.ts";
import type { Rollback } from "./rollback.ts";
import { Service } from "./service.ts";
import { ServiceLogin } from "./service-login.ts";

/**
 * Makes a service with its login, behind the gates of its databases.
 *
 * @param services those that were made already, after which it may roll out
 * @param rollback for which its database's services make way; absent: none
 */
export function createService(
  context: PlatformContext,
  service: ServiceSpec,
  databases: ReadonlyMap<string, Database>,
  services: ReadonlyMap<string, Service>,
  rollback: Rollback | undefined,
): Service {
  const { spec, server, options } = context;
  const shared = { place: context.place };
  const used = service.databases.map((use) => ({ use, ...pick(databases, use.database) }));
  const needs = [
    ...context.images.resourcesOf(service.image),
    ...context.images.resourcesOf(spec.images.gate),
  ];
  // A database whose login somebody else keeps has no part in the service's own.
  const own = used.filter(({ use }) => use.existingSecret === undefined);
  const { passwordGeneration: generation } = service;
  const login =
    own.length === 0
      ? undefined
      : new ServiceLogin(
          `${context.name}-${service.name}-login`,
          {
            ...shared,
            jobs: context.jobs,
            service: service.name,
            logins: loginPlans({ ...service, databases: own.map(({ use }) => use) }),
            ...(generation !== undefined && { generation }),
            databases: own.map(({ spec: database }) => database.name),
            server,
            groups: used.flatMap(({ access }) => access.ready),
            passwords: spec.passwords,
            image: spec.images.migrator.reference,
            ...loginPod(service, spec.server.proxy),
          },
          options,
        );
  const made = new Service(
    `${context.name}-${service.name}`,
    {
      ...shared,
      service,
      databases: used.flatMap((database) => {
        const { use } = database;
        const credentials =
          use.existingSecret === undefined
            ? login
            : existingCredentials(use.existingSecret, server.pods, generation);
        if (credentials === undefined) return [];
        return [gateOf(database, services, use.migrates).connect(credentials, use)];
      }),
      waitsFor: service.waitsFor.map((name) => gateOf(pick(databases, name), services)),
      lowered: used.flatMap(({ spec: database, gate }) => [
        ...(database.maintenance ? [gate] : []),
        ...(rollback?.gate.database === database.name ? [rollback.gate] : []),
      ]),
      after: service.after.map((name) => pick(services, name)),
      needs: [...needs, ...(login?.ready ?? [])],
      server: server.pods,
      gateImage: spec.images.gate.reference,
      secrets: secretsOf(context, service.secretEnv),
    },
    options,
  );
  login?.lockOther(made.deployment);
  return made;
}

/** The job that makes a login goes where the service goes; of sidecars it needs the server's only. */
function loginPod(
  { pod }: ServiceSpec,
  proxy: SidecarSpec | undefined,
): { readonly pod?: PodSettings } {
  const { sidecars: _own, ...settings } = pod ?? {};
  const needed = { ...settings, ...(proxy !== undefined && { sidecars: [proxy] }) };
  return Object.keys(needed).length === 0 ? {} : { pod: needed };
}

/** The gate of a service, by whether its own pods migrate. */
function gateOf(
  { gate, readersGate }: Database,
  services: ReadonlyMap<string, Service>,
  migrates?: ServiceDatabaseSpec["migrates"],
): Gate {
  return migrates === undefined && readersGate !== undefined ? readersGate(services) : gate;
}
