import type { Client } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { parseScript } from './migration-script.ts';
import { hasCode, lockNotAvailable } from './postgres-errors.ts';
import { readMigrations } from './shipped-migrations.ts';

interface UnfinishedRow {
  readonly id: string;
  readonly name: string;
  readonly checksum: string;
}

/** `FOR UPDATE` waits for a script that PostgreSQL still runs after its client process ended. */
const unfinishedSql = `
  SELECT id, migration_name AS name, checksum FROM _prisma_migrations
  WHERE finished_at IS NULL AND rolled_back_at IS NULL AND logs IS NULL FOR UPDATE`;

/**
 * Marks migrations as rolled back whose process ended before it recorded a result, if nothing of them can remain: an
 * unchanged script of this build that is one transaction. Failed migrations have PostgreSQL's error in `logs` and stay
 * failed. The caller holds the migration lock.
 * @throws StartupError when such a script still runs after `waitMs`
 */
export async function rollBackInterrupted(client: Client, folder: string, waitMs: number): Promise<void> {
  const unfinished = await unfinishedRows(client, waitMs);
  const shipped = new Map(readMigrations(folder).map((migration) => [migration.name, migration]));
  for (const { id, name, checksum } of unfinished) {
    const migration = shipped.get(name);
    if (!migration?.acceptedChecksums.has(checksum) || !parseScript(migration.sql).atomic) continue;
    await client.query('UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = $1', [id]);
  }
}

async function unfinishedRows(client: Client, waitMs: number): Promise<readonly UnfinishedRow[]> {
  await client.query("SELECT set_config('lock_timeout', $1, false)", [String(waitMs)]);
  try {
    return (await client.query<UnfinishedRow>(unfinishedSql)).rows;
  } catch (cause) {
    if (!hasCode(cause, lockNotAvailable)) throw cause;
    throw new StartupError(
      'A migration of a process that has ended is still running in the database. Start again when it is done.',
      { cause },
    );
  } finally {
    await client.query('RESET lock_timeout');
  }
}
