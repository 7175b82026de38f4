import { StartRefused } from '../start-refused.ts';
import type { MigrationEntry, Query, Standing } from './migration-history.ts';
import { compareHistory, readHistory } from './migration-history.ts';
import { shippedMigrations } from './shipped-migrations.ts';

/**
 * The names of the shipped migrations that the database lacks: not applied, or begun and not finished. One query on
 * `_prisma_migrations`, which need not exist. Migrations of a later build are none of this build's business.
 */
export async function pendingMigrations(query: Query, folder?: string): Promise<readonly string[]> {
  const entries = compareHistory(shippedMigrations(folder), await readHistory(query));
  return namesOf(entries, 'pending', 'failed');
}

/**
 * For a start that does not migrate.
 * @throws StartRefused naming the first migration that the database lacks and the way out
 */
export async function requireMigrated(query: Query, folder?: string): Promise<void> {
  const [first, ...others] = await pendingMigrations(query, folder);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new StartRefused(
    `The database lacks migration ${first}${more}: run "node dist/cli/migrate.js" ("npm run db:migrate" in development) first.`,
  );
}

/**
 * Lets nothing be applied on top of a history that a person must look at.
 * @throws StartRefused naming the migration and the way out
 */
export function refuseBroken(entries: readonly MigrationEntry[]): void {
  const failed = entries.find(({ standing, appliedAt }) => standing !== 'pending' && appliedAt === undefined);
  if (failed !== undefined) {
    throw new StartRefused(`Migration ${failed.name} was begun and not finished. ${wayOut(failed.name)}`);
  }
  const [edited] = namesOf(entries, 'edited');
  if (edited !== undefined) {
    throw new StartRefused(
      `Migration ${edited} was changed after it was applied. Restore its file and put the change into a new migration.`,
    );
  }
  const [missing] = namesOf(entries, 'missing');
  if (missing !== undefined) {
    throw new StartRefused(
      `Migration ${missing} was applied to the database, and its file is missing. Restore prisma/migrations/${missing}.`,
    );
  }
}

/** How a person ends the failure of a migration. */
export function wayOut(name: string): string {
  return (
    `Mend the cause, run "npm run db:resolve -- ${name} --rolled-back" ` +
    '(or --applied when all of its work is done) and then "npm run db:migrate".'
  );
}

/** The names with one of these standings. */
export function namesOf(entries: readonly MigrationEntry[], ...standings: Standing[]): string[] {
  return entries.filter(({ standing }) => standings.includes(standing)).map(({ name }) => name);
}
