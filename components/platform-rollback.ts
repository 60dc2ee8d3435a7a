import { pick, type PlatformContext, usersOf } from "./platform-context.ts";
import type { Database } from "./platform-database.ts";
import { Rollback } from "./rollback.ts";
import type { Service } from "./service.ts";

/**
 * After the services that are rolled out already, on the images that the stack names, or before all of
 * them; only where the stack asks for it.
 */
export function createRollback(
  context: PlatformContext,
  databases: ReadonlyMap<string, Database>,
  services: ReadonlyMap<string, Service>,
): Rollback | undefined {
  const { options, spec: platform } = context;
  const { rollback } = platform;
  if (rollback === undefined) return undefined;
  const { spec, gate, migration } = pick(databases, rollback.database);
  if (migration === undefined) throw new Error(`no Job migrates '${spec.name}'`);
  const users = usersOf(platform, rollback.database);
  return new Rollback(
    `${context.name}-${spec.kubeName}-rollback`,
    {
      rollback,
      jobArgs: migration.jobArgs,
      files: migration.files,
      after: [
        ...migration.needs,
        ...gate.dependsOn,
        ...users.flatMap((name) => services.get(name)?.deployment ?? []),
      ],
      services: users,
      place: context.jobs,
      servicesPlace: context.place,
    },
    options,
  );
}
