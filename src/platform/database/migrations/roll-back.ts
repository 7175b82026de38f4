import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { DatabaseError } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { withConnection } from './connection.ts';
import type { RetryOptions } from './lock-retries.ts';
import { retryOnLock } from './lock-retries.ts';
import type { MigrationEntry } from './migration-history.ts';
import { entriesOf } from './migration-history.ts';
import { defaultLockWaitMs, withMigrationLock } from './migration-lock.ts';
import { undoneStatement } from './migration-records.ts';
import { parseScript } from './migration-script.ts';
import { assertNoFailedMigration, namesOf } from './pending-migrations.ts';
import { firstLine } from './postgres-errors.ts';
import { runScript } from './run-script.ts';
import { migrationsFolder, shippedMigrations } from './shipped-migrations.ts';

/** Options of a rollback. */
export interface RollBackOptions extends RetryOptions {
  readonly url: string;
  /** The migration that becomes the last one. Default: the one before the last. */
  readonly to?: string;
  /** Called after each migration. */
  readonly onRolledBack?: (name: string) => void;
  /** How long to wait while another process migrates. Default 2 minutes. */
  readonly lockWaitMs?: number;
  /** The folder of the migrations, for tests. */
  readonly folder?: string;
}

/**
 * Undoes applied migrations, newest first, by the `down.sql` beside each, and returns their names. The record is changed
 * in the transaction of the script where the script allows that. Takes the lock of `migrate`.
 * @throws StartupError in one line, before anything is undone, when one of them has no `down.sql`, a later build has
 *   applied migrations, or a migration failed; and when a script fails, or other work holds a lock that it needs
 */
export async function rollBack(options: RollBackOptions): Promise<readonly string[]> {
  const { url, to, lockWaitMs = defaultLockWaitMs, folder = migrationsFolder } = options;
  return await withConnection(url, async (history) => {
    return await withMigrationLock(history, lockWaitMs, async () => {
      const entries = await entriesOf(history, shippedMigrations(folder));
      assertNoFailedMigration(entries);
      const names = migrationsAfter(to, entries);
      const scripts = names.map((name) => ({ name, sql: downScript(folder, name) }));
      await withConnection(url, async (client) => {
        for (const script of scripts) await undo(client, script, options);
      });
      return names;
    });
  });
}

/** The applied migrations after `to`, newest first; without `to` the newest alone. */
function migrationsAfter(to: string | undefined, entries: readonly MigrationEntry[]): readonly string[] {
  const [newer] = namesOf(entries, 'newer');
  if (newer !== undefined) {
    throw new StartupError(
      `Migration ${newer} was applied by a later build, which has its down.sql: run "npm run db:rollback" of that build.`,
    );
  }
  const applied = namesOf(entries, 'applied').reverse();
  if (to === undefined) return applied.slice(0, 1);
  const position = applied.indexOf(to);
  if (position === -1) throw new StartupError(`Migration ${to} is not applied: "npm run db:status" lists them.`);
  return applied.slice(0, position);
}

function downScript(folder: string, name: string): string {
  const file = join(folder, name, 'down.sql');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new StartupError(
    `Migration ${name} has no down.sql, so it cannot be rolled back and nothing was changed: ` +
      'write a new migration that undoes it, or restore a backup.',
  );
}

async function undo(
  client: Client,
  { name, sql }: { readonly name: string; readonly sql: string },
  options: RollBackOptions,
): Promise<void> {
  const { atomic, repeatable } = parseScript(sql);
  const run = async (): Promise<void> => {
    await runScript(client, sql, undoneStatement(name));
  };
  try {
    await (repeatable ? retryOnLock(name, run, options) : run());
  } catch (cause) {
    if (cause instanceof StartupError) throw cause;
    throw new StartupError(
      `The rollback of migration ${name} failed: ${firstLine(cause)}. ${stateAfter(cause, atomic)}.`,
      { cause },
    );
  }
  options.onRolledBack?.(name);
}

/** Without PostgreSQL's error the connection was lost, perhaps during the commit. */
function stateAfter(cause: unknown, atomic: boolean): string {
  if (!atomic) return 'Parts of it may be undone: compare the schema with its down.sql';
  if (cause instanceof DatabaseError) return 'It is still applied';
  return 'It is unknown whether it is still applied: "npm run db:status" shows it';
}
