import { readDatabaseUrl } from '../../config/database-url.ts';
import { requireSettings, requireUtf8 } from '../requirements.ts';
import { withConnection } from './connection.ts';
import type { RetryOptions } from './apply-migrations.ts';
import { applyMigrations } from './apply-migrations.ts';
import { rollBackInterrupted } from './interrupted-migrations.ts';
import { entriesOf } from './migration-history.ts';
import type { MigrationEntry } from './migration-history.ts';
import { defaultLockWaitMs, withMigrationLock } from './migration-lock.ts';
import { namesOf, refuseBroken } from './pending-migrations.ts';
import { migrationsFolder, shippedMigrations } from './shipped-migrations.ts';
import { openSchema } from './target-schema.ts';

/** What to migrate, and who wants to hear of it. */
export interface MigrateOptions extends RetryOptions {
  readonly url: string;
  /** Called after each migration. */
  readonly onApplied?: (name: string) => void;
  /** How long to wait while another process migrates; 2 minutes unless told. */
  readonly lockWaitMs?: number;
  /** Where the migrations are, for tests. */
  readonly folder?: string;
}

/**
 * Applies what the database lacks, oldest first, and returns the names. Any number of processes may do so at once: one
 * applies, the others wait for it and find nothing left. With nothing to do it costs one connection and one query.
 * @throws StartRefused in one line when the database can't be reached, a migration failed, was edited or is missing,
 *   or another process has been migrating for longer than `lockWaitMs`
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { url, lockWaitMs = defaultLockWaitMs, folder = migrationsFolder } = options;
  return await withConnection(url, async (client) => {
    const { schema } = readDatabaseUrl(url);
    const look = async (): Promise<readonly MigrationEntry[]> => await entriesOf(client, shippedMigrations(folder));
    if (isCurrent(await look())) return [];
    await requireUtf8(client);
    await requireSettings(client, { pooled: false, schema });
    return await withMigrationLock(client, lockWaitMs, async () => {
      // What looked begun and not finished may have been another process at work.
      if (namesOf(await look(), 'failed').length > 0) await rollBackInterrupted(client, folder, lockWaitMs);
      const entries = await look();
      refuseBroken(entries);
      await openSchema(client, schema);
      return await applyMigrations(namesOf(entries, 'pending'), { ...options, folder });
    });
  });
}

/** How every migration stands that is shipped or that the database remembers, ordered by name. */
export async function migrationStatus(options: { url: string; folder?: string }): Promise<readonly MigrationEntry[]> {
  return await withConnection(
    options.url,
    async (client) => await entriesOf(client, shippedMigrations(options.folder)),
  );
}

/** Whether there is nothing to apply and nothing to look at. */
export function isCurrent(entries: readonly MigrationEntry[]): boolean {
  return namesOf(entries, 'pending', 'failed', 'edited', 'missing').length === 0;
}
