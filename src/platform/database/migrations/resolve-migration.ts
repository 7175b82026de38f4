import type { Client } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { withConnection } from './connection.ts';
import type { MigrationEntry } from './migration-history.ts';
import { entriesOf } from './migration-history.ts';
import { defaultLockWaitMs, withMigrationLock } from './migration-lock.ts';
import { recordApplied, recordRolledBack } from './migration-records.ts';
import type { Migration } from './shipped-migrations.ts';
import { migrationsFolder, readMigrations } from './shipped-migrations.ts';

/** The result of an unfinished migration, as an operator has determined it. */
export type Resolution = 'applied' | 'rolled-back';

/**
 * Records the result of a failed migration: after `rolled-back` it is applied again, after `applied` it counts as done.
 * Changes only `_prisma_migrations`.
 * @throws StartupError when the migration is unknown, or has no unfinished attempt of this build
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
      assertResolvable(name, as, await entriesOf(client, migrations));
      if (as === 'rolled-back') await recordRolledBack(client, name);
      else await markApplied(client, name, migrations);
    });
  });
}

async function markApplied(client: Client, name: string, migrations: readonly Migration[]): Promise<void> {
  const migration = migrations.find((each) => each.name === name);
  if (migration !== undefined) await recordApplied(client, migration);
}

function assertResolvable(name: string, as: Resolution, entries: readonly MigrationEntry[]): void {
  const found = entries.find((each) => each.name === name);
  if (found === undefined) throw new StartupError(`There is no migration ${name}: "npm run db:status" lists them.`);
  if (found.appliedAt !== undefined)
    throw new StartupError(`Migration ${name} is applied: there is nothing to resolve.`);
  if (found.state === 'pending' && as === 'rolled-back') {
    throw new StartupError(`Migration ${name} was not begun: there is nothing to roll back.`);
  }
  if (as === 'applied' && (found.state === 'newer' || found.state === 'missing')) {
    throw new StartupError(`Migration ${name} is not part of this build: only --rolled-back can be said of it.`);
  }
}
