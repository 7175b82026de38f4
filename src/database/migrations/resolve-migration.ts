import { StartRefused } from '../start-refused.ts';
import { withConnection } from './connection.ts';
import { entriesOf } from './migration-history.ts';
import type { MigrationEntry } from './migration-history.ts';
import { defaultLockWaitMs, withMigrationLock } from './migration-lock.ts';
import { migrationList, withEngine } from './schema-engine.ts';
import { migrationsFolder, readMigrations } from './shipped-migrations.ts';

/** What a person found out about a migration that did not finish. */
export type Resolution = 'applied' | 'rolled-back';

/**
 * Writes down how a failed migration ended: `rolled-back` lets it be applied again, `applied` takes its work as done.
 * It changes `_prisma_migrations` alone.
 * @throws StartRefused when the migration is unknown or there is nothing to resolve
 */
export async function resolveMigration(options: {
  url: string;
  name: string;
  as: Resolution;
  folder?: string;
}): Promise<void> {
  const { url, name, as, folder = migrationsFolder } = options;
  const migrations = readMigrations(folder);
  await withConnection(url, async (client) => {
    await withMigrationLock(client, defaultLockWaitMs, async () => {
      refuseUnresolvable(name, as, await entriesOf(client, migrations));
      await withEngine({ url }, async ({ engine }) => {
        if (as === 'rolled-back') await engine.markMigrationRolledBack({ migrationName: name });
        else await engine.markMigrationApplied({ migrationName: name, migrationsList: migrationList(migrations) });
      });
    });
  });
}

function refuseUnresolvable(name: string, as: Resolution, entries: readonly MigrationEntry[]): void {
  const found = entries.find((each) => each.name === name);
  if (found === undefined) throw new StartRefused(`There is no migration ${name}: "npm run db:status" lists them.`);
  if (found.appliedAt !== undefined)
    throw new StartRefused(`Migration ${name} is applied: there is nothing to resolve.`);
  if (found.standing === 'pending' && as === 'rolled-back') {
    throw new StartRefused(`Migration ${name} was not begun: there is nothing to roll back.`);
  }
  if (as === 'applied' && (found.standing === 'newer' || found.standing === 'missing')) {
    throw new StartRefused(`Migration ${name} is not part of this build: only --rolled-back can be said of it.`);
  }
}
