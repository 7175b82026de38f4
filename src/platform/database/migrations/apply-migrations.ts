import type { Client } from 'pg';
import { DatabaseError } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { withConnection } from './connection.ts';
import type { RetryOptions } from './lock-retries.ts';
import { retryOnLock } from './lock-retries.ts';
import {
  createHistory,
  finishStatement,
  hasUnmanagedTables,
  recordFailed,
  recordRolledBack,
  recordStarted,
} from './migration-records.ts';
import { parseScript } from './migration-script.ts';
import { recoveryHint } from './pending-migrations.ts';
import { firstLine, hasCode, lockNotAvailable } from './postgres-errors.ts';
import { runScript } from './run-script.ts';
import type { MigrationFile } from './shipped-migrations.ts';
import { readMigrations } from './shipped-migrations.ts';

interface ApplyOptions extends RetryOptions {
  readonly url: string;
  readonly folder: string;
  readonly onApplied?: (name: string) => void;
}

/** The two connections of a migration. */
interface Connections {
  /** Holds the migration lock and writes the history; no script changes its session. */
  readonly history: Client;
  /** Runs the scripts. */
  readonly script: Client;
}

/**
 * Applies these migrations in order, and returns their names.
 * @param history the connection that holds the migration lock
 * @throws StartupError naming the migration that failed
 */
export async function applyMigrations(
  history: Client,
  names: readonly string[],
  options: ApplyOptions,
): Promise<readonly string[]> {
  const migrations = readMigrations(options.folder).filter(({ name }) => names.includes(name));
  const [first] = migrations;
  if (first === undefined) return [];
  if (await hasUnmanagedTables(history)) throw notEmpty(first.name);
  await orNotStarted(first.name, createHistory(history));
  return await withConnection(options.url, async (script) => {
    for (const migration of migrations) {
      await applyOne({ history, script }, migration, options);
      options.onApplied?.(migration.name);
    }
    return migrations.map(({ name }) => name);
  });
}

async function applyOne(connections: Connections, migration: MigrationFile, options: ApplyOptions): Promise<void> {
  const { name, sql } = migration;
  await retryOnLock(
    name,
    async () => {
      const failure = await tryOne(connections, migration);
      if (failure === undefined) return;
      if (!hasCode(failure, lockNotAvailable) || !parseScript(sql).repeatable) throw failed(name, failure);
      await recordRolledBack(connections.history, name);
      throw failure;
    },
    options,
  );
}

/**
 * Returns PostgreSQL's error when the script fails.
 * @throws StartupError when the script cannot be started, or its connection is lost and the result is unknown
 */
async function tryOne({ history, script }: Connections, migration: MigrationFile): Promise<DatabaseError | undefined> {
  const id = await orNotStarted(migration.name, recordStarted(history, migration));
  try {
    await runScript(script, migration.sql, finishStatement(id));
    return undefined;
  } catch (error) {
    // The result is unknown: the record stays unfinished, and the next start waits for the script and reads it.
    if (!(error instanceof DatabaseError)) throw notStarted(migration.name, error);
    // Without the error in its record, an atomic migration is applied again at the next start.
    await recordFailed(history, id, error).catch(() => undefined);
    return error;
  }
}

async function orNotStarted<T>(name: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw notStarted(name, error);
  }
}

function notEmpty(name: string): StartupError {
  return new StartupError(
    `Migration ${name} could not be applied: the database holds tables that no migration made. Use an empty one.`,
  );
}

function notStarted(name: string, cause: unknown): StartupError {
  return new StartupError(`Migration ${name} could not be applied: ${firstLine(cause)}.`, { cause });
}

function failed(name: string, cause: unknown): StartupError {
  return new StartupError(`Migration ${name} failed: ${firstLine(cause)}. ${recoveryHint(name)}`, { cause });
}
