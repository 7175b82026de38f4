import { setTimeout as sleep } from 'node:timers/promises';
import { StartRefused } from '../start-refused.ts';
import { firstLine, hasCode } from './postgres-errors.ts';
import { parseScript } from './migration-script.ts';
import { wayOut } from './pending-migrations.ts';
import type { OpenEngine } from './schema-engine.ts';
import { everything, migrationList, withEngine } from './schema-engine.ts';
import type { MigrationFile } from './shipped-migrations.ts';
import { readMigrations } from './shipped-migrations.ts';

/** How a migration is tried again that could not get a lock in its `lock_timeout`. */
export interface RetryOptions {
  /** Called before each pause. */
  readonly onRetry?: (name: string, attempt: number) => void;
  /** About how long the first pause is; each further one doubles. 500 ms unless told. */
  readonly retryDelayMs?: number;
}

interface ApplyOptions extends RetryOptions {
  readonly url: string;
  readonly folder: string;
  readonly onApplied?: (name: string) => void;
}

const attemptsMax = 6;
const lockNotAvailable = '55P03';
/** Of Prisma's engine. */
const databaseNotEmpty = 'P3005';

/**
 * Applies these migrations one after the other; the caller holds the migration lock.
 * @throws StartRefused naming the one that failed
 */
export async function applyMigrations(names: readonly string[], options: ApplyOptions): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const migrations = readMigrations(options.folder);
  return await withEngine({ url: options.url }, async (open) => {
    for (const name of names) {
      await applyOne(open, migrations.slice(0, migrations.findIndex((each) => each.name === name) + 1), options);
      options.onApplied?.(name);
    }
    return names;
  });
}

/** Applies the last of these; those before it are applied already. */
async function applyOne(open: OpenEngine, upToIt: readonly MigrationFile[], options: ApplyOptions): Promise<void> {
  const { name = '', sql = '' } = upToIt.at(-1) ?? {};
  for (let attempt = 1; ; attempt++) {
    const failure = await tryOne(open, upToIt);
    if (failure === undefined) return;
    if (!hasCode(failure, lockNotAvailable) || !parseScript(sql).repeatable) throw failed(name, failure);
    // Nothing of it remains but the row that says it was begun.
    await open.engine.markMigrationRolledBack({ migrationName: name });
    if (attempt === attemptsMax) throw blocked(name, failure);
    options.onRetry?.(name, attempt);
    await sleep(pauseMs(attempt, options.retryDelayMs));
  }
}

/**
 * What PostgreSQL said about the script when that failed.
 * @throws StartRefused when it could not even be begun
 */
async function tryOne({ engine, adapter }: OpenEngine, upToIt: readonly MigrationFile[]): Promise<Error | undefined> {
  try {
    await engine.applyMigrations({ migrationsList: migrationList(upToIt), filters: everything });
    return undefined;
  } catch (error) {
    const failure = adapter.takeFailure();
    if (failure === undefined) throw notBegun(upToIt.at(-1)?.name ?? '', error);
    return failure;
  }
}

/** Doubles with every attempt, and differs by chance so that two who wait for each other part. */
function pauseMs(attempt: number, firstMs = 500): number {
  return firstMs * 2 ** (attempt - 1) * (0.5 + Math.random());
}

function notBegun(name: string, cause: unknown): StartRefused {
  const reason = hasCode(cause, databaseNotEmpty)
    ? 'the database holds tables that no migration made. Use an empty one'
    : firstLine(cause).replace(/^ERROR: /, '');
  return new StartRefused(`Migration ${name} could not be applied: ${reason}.`, { cause });
}

function failed(name: string, cause: unknown): StartRefused {
  return new StartRefused(`Migration ${name} failed: ${firstLine(cause)}. ${wayOut(name)}`, { cause });
}

function blocked(name: string, cause: unknown): StartRefused {
  return new StartRefused(
    `Migration ${name} gave up after ${attemptsMax} attempts to get a lock that other work holds; nothing of it remains. Try again when the database is quieter.`,
    { cause },
  );
}
