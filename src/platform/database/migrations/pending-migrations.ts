import { StartupError } from '../../config/startup-error.ts';
import type { Query } from '../query.ts';
import type { MigrationEntry, MigrationState } from './migration-history.ts';
import { compareHistory, readHistory } from './migration-history.ts';
import { shippedMigrations } from './shipped-migrations.ts';

/**
 * The names of the migrations of this build that are not applied, or not finished. One query on `_prisma_migrations`,
 * which need not exist. Migrations of a later build are ignored.
 */
export async function pendingMigrations(query: Query, folder?: string): Promise<readonly string[]> {
  const entries = compareHistory(shippedMigrations(folder), await readHistory(query));
  return namesOf(entries, 'pending', 'failed');
}

/**
 * For a start that does not migrate.
 * @throws StartupError naming the first pending migration and the command that applies it
 */
export async function requireMigrated(query: Query, folder?: string): Promise<void> {
  const [first, ...others] = await pendingMigrations(query, folder);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new StartupError(
    `The database lacks migration ${first}${more}: ` +
      'run "node dist/cli/migrate.js" ("npm run db:migrate" in development) first.',
  );
}

/**
 * Prevents applying migrations to a history that needs an operator.
 * @throws StartupError naming the migration and how to resolve it
 */
export function assertNoFailedMigration(entries: readonly MigrationEntry[]): void {
  const failed = entries.find(({ state, appliedAt }) => state !== 'pending' && appliedAt === undefined);
  if (failed !== undefined) {
    throw new StartupError(`Migration ${failed.name} was begun and not finished. ${recoveryHint(failed.name)}`);
  }
  const [edited] = namesOf(entries, 'edited');
  if (edited !== undefined) {
    throw new StartupError(
      `Migration ${edited} was changed after it was applied. Restore its file and put the change into a new migration.`,
    );
  }
  const [missing] = namesOf(entries, 'missing');
  if (missing !== undefined) {
    throw new StartupError(
      `Migration ${missing} was applied to the database, and its file is missing. ` +
        `Restore prisma/migrations/${missing}.`,
    );
  }
}

/** How an operator resolves a failed migration. */
export function recoveryHint(name: string): string {
  return (
    `Fix the cause, run "npm run db:resolve -- ${name} --rolled-back" ` +
    '(or --applied when all of its work is done) and then "npm run db:migrate".'
  );
}

/** The names of the entries in one of these states. */
export function namesOf(entries: readonly MigrationEntry[], ...states: MigrationState[]): string[] {
  return entries.filter(({ state }) => states.includes(state)).map(({ name }) => name);
}
