import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import type { BackfillScript } from './backfill-script.ts';
import { batchStatement, migrationsWithBackfill, readBackfill } from './backfill-script.ts';
import { withConnection } from './connection.ts';
import { firstLine, hasCode, lockNotAvailable } from './postgres-errors.ts';
import { migrationsFolder } from './shipped-migrations.ts';

/** How far a backfill has come. */
export interface BackfillProgress {
  readonly read: number;
  readonly changed: number;
  readonly finished: boolean;
  /** An estimate of the rows of the table; undefined before its first ANALYZE. */
  readonly total: number | undefined;
}

/** Options of `backfill`. */
export interface BackfillOptions {
  readonly url: string;
  /** The migration beside which backfill.sql is. */
  readonly migration: string;
  /** Rows that one transaction reads, at least 1. Default 1,000. */
  readonly rows?: number;
  /** The pause after each transaction in ms. Default 100. */
  readonly pauseMs?: number;
  /** Called after each transaction. */
  readonly onProgress?: (progress: BackfillProgress) => void;
  /** Called when a transaction could not lock its rows, before the next attempt. */
  readonly onRetry?: () => void;
  /** The folder of the migrations, for tests. */
  readonly folder?: string;
}

interface BatchResult {
  readonly read: number;
  readonly changed: number;
  readonly position: readonly string[] | null;
}

/** Another process has the record for the time of a batch. */
const begin = "BEGIN; SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'";
/**
 * Half of PostgreSQL's deadlock_timeout: when a batch and a request block each other, the batch gives up before PostgreSQL
 * cancels one of the two.
 */
const limitRowLocks = "SET LOCAL lock_timeout = '500ms'";
const maxFailures = 20;

/** A migration that was undone and applied again has a new backfill. */
const startSql = `
  WITH applied AS (
    SELECT migration_name, finished_at FROM _prisma_migrations
    WHERE migration_name = $1 AND finished_at IS NOT NULL AND rolled_back_at IS NULL
  ), started AS (
    INSERT INTO backfills AS b (migration) SELECT migration_name FROM applied
    ON CONFLICT (migration) DO UPDATE
      SET position = NULL, rows_read = 0, rows_changed = 0, started_at = now(), finished_at = NULL
      WHERE b.started_at < (SELECT finished_at FROM applied)
  )
  SELECT FROM applied`;

/**
 * Runs the backfill.sql of an applied migration on every row of its table, a batch in each transaction, and continues after
 * the last batch that was committed. Any number of processes may call it at once: they take turns.
 * @throws StartupError when the migration is not applied, its backfill.sql is wrong, or 20 batches in succession fail to lock
 *   their rows
 */
export async function backfill(options: BackfillOptions): Promise<BackfillProgress> {
  const { url, migration, rows = 1000, pauseMs = 100, folder = migrationsFolder, onProgress, onRetry } = options;
  const script = readBackfill(folder, migration);
  return await withConnection(url, async (client) => {
    await start(client, migration);
    const statement = await batchStatement(client, script, rows);
    const total = await estimate(client, script.table);
    for (let failures = 0; ;) {
      const progress = await nextBatch(client, script, { statement, rows });
      if (progress === undefined) {
        if (++failures === maxFailures) throw blocked(script);
        onRetry?.();
        await sleep(pauseMs + 1000 * Math.random());
        continue;
      }
      failures = 0;
      onProgress?.({ ...progress, total });
      if (progress.finished) return { ...progress, total };
      await sleep(pauseMs);
    }
  });
}

/** The backfills of this build, oldest first, with the progress of those that were started. */
export async function backfillStates(
  url: string,
  folder: string = migrationsFolder,
): Promise<ReadonlyMap<string, Omit<BackfillProgress, 'total'> | undefined>> {
  return await withConnection(url, async (client) => {
    const { rows } = await client.query<Omit<BackfillProgress, 'total'> & { migration: string }>(
      `SELECT migration, rows_read::float8 AS read, rows_changed::float8 AS changed, finished_at IS NOT NULL AS finished
       FROM backfills`,
    );
    return new Map(
      migrationsWithBackfill(folder).map((name) => [name, rows.find(({ migration }) => migration === name)]),
    );
  });
}

/** Returns undefined when the batch could not lock its rows. The lock of the record makes processes take turns. */
async function nextBatch(
  client: Client,
  { migration }: BackfillScript,
  batch: { readonly statement: string; readonly rows: number },
): Promise<Omit<BackfillProgress, 'total'> | undefined> {
  await client.query(begin);
  try {
    const progress = await runBatch(client, migration, batch);
    await client.query('COMMIT');
    return progress;
  } catch (cause) {
    await client.query('ROLLBACK');
    if (hasCode(cause, lockNotAvailable) || hasCode(cause, deadlockDetected)) return undefined;
    if (cause instanceof StartupError) throw cause;
    throw new StartupError(`The backfill of ${migration} failed: ${firstLine(cause)}. It continues there.`, { cause });
  }
}

const deadlockDetected = '40P01';

async function runBatch(
  client: Client,
  migration: string,
  { statement, rows }: { readonly statement: string; readonly rows: number },
): Promise<Omit<BackfillProgress, 'total'>> {
  const locked = await client.query<{ position: readonly string[] | null; finished: boolean }>(
    'SELECT position, finished_at IS NOT NULL AS finished FROM backfills WHERE migration = $1 FOR UPDATE',
    [migration],
  );
  await client.query(limitRowLocks);
  const [record] = locked.rows;
  if (record === undefined) throw notApplied(migration);
  const result = record.finished ? undefined : (await client.query<BatchResult>(statement, [record.position])).rows[0];
  const { read = 0, changed = 0, position = null } = result ?? {};
  const stored = await client.query<Omit<BackfillProgress, 'total'>>(
    `UPDATE backfills SET position = coalesce($2, position), rows_read = rows_read + $3, rows_changed = rows_changed + $4,
       finished_at = CASE WHEN $3 < $5::int THEN coalesce(finished_at, clock_timestamp()) END
     WHERE migration = $1
     RETURNING rows_read::float8 AS read, rows_changed::float8 AS changed, finished_at IS NOT NULL AS finished`,
    [migration, position, read, changed, rows],
  );
  return stored.rows[0] ?? { read, changed, finished: true };
}

/** @throws StartupError when the migration is not applied */
async function start(client: Client, migration: string): Promise<void> {
  const { rowCount } = await client.query(startSql, [migration]);
  if (rowCount === 0) throw notApplied(migration);
}

function notApplied(migration: string): StartupError {
  return new StartupError(`Migration ${migration} is not applied: run "npm run db:migrate" first.`);
}

async function estimate(client: Client, table: string): Promise<number | undefined> {
  const { rows } = await client.query<{ total: number }>(
    'SELECT reltuples::float8 AS total FROM pg_class WHERE oid = to_regclass(quote_ident($1))',
    [table],
  );
  const total = rows[0]?.total ?? -1;
  return total < 0 ? undefined : total;
}

function blocked({ migration }: BackfillScript): StartupError {
  return new StartupError(
    `The backfill of ${migration} gave up: ${maxFailures} batches in succession could not lock their rows. ` +
      'It continues there; try fewer rows (--rows).',
  );
}
