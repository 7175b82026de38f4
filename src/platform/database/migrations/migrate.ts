import { readDatabaseUrl } from '../../config/database-url.ts';
import { requireSettings, requireUtf8 } from '../requirements.ts';
import { withConnection } from './connection.ts';
import { applyMigrations } from './apply-migrations.ts';
import { rollBackInterrupted } from './interrupted-migrations.ts';
import type { RetryOptions } from './lock-retries.ts';
import { entriesOf } from './migration-history.ts';
import type { MigrationEntry } from './migration-history.ts';
import { defaultLockWaitMs, withMigrationLock } from './migration-lock.ts';
import { namesOf, assertNoFailedMigration } from './pending-migrations.ts';
import { migrationsFolder, shippedMigrations } from './shipped-migrations.ts';
import { openSchema } from './target-schema.ts';

/** Options of a migration. */
export interface MigrateOptions extends RetryOptions {
  readonly url: string;
  /** Called after each migration. */
  readonly onApplied?: (name: string) => void;
  /** How long to wait while another process migrates. Default 2 minutes. */
  readonly lockWaitMs?: number;
  /** The folder of the migrations, for tests. */
  readonly folder?: string;
}

/**
 * Applies the pending migrations, oldest first, and returns their names. Any number of processes may call it at once:
 * one applies, the others wait and find none pending. Without pending migrations it costs one connection and one query.
 * @throws StartupError in one line when the database is unreachable, a migration failed, was edited or is missing, or
 *   another process has been migrating for longer than `lockWaitMs`
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { url, lockWaitMs = defaultLockWaitMs, folder = migrationsFolder } = options;
  return await withConnection(url, async (client) => {
    const { schema } = readDatabaseUrl(url);
    const readEntries = async (): Promise<readonly MigrationEntry[]> =>
      await entriesOf(client, shippedMigrations(folder));
    if (isCurrent(await readEntries())) return [];
    await requireUtf8(client);
    await requireSettings(client, { pooled: false, schema });
    return await withMigrationLock(client, lockWaitMs, async () => {
      // Another process may have finished it since.
      if (namesOf(await readEntries(), 'failed').length > 0) await rollBackInterrupted(client, folder, lockWaitMs);
      const entries = await readEntries();
      assertNoFailedMigration(entries);
      await openSchema(client, schema);
      return await applyMigrations(client, namesOf(entries, 'pending'), { ...options, folder });
    });
  });
}

/** The state of every migration of this build and of the database, ordered by name. */
export async function migrationStatus(options: { url: string; folder?: string }): Promise<readonly MigrationEntry[]> {
  return await withConnection(
    options.url,
    async (client) => await entriesOf(client, shippedMigrations(options.folder)),
  );
}

/** Whether nothing is pending and nothing needs an operator. */
export function isCurrent(entries: readonly MigrationEntry[]): boolean {
  return namesOf(entries, 'pending', 'failed', 'edited', 'missing').length === 0;
}
