import type { MigrationState } from '../platform/database/migrations/migration-history.ts';
import { isCurrent, migrationStatus } from '../platform/database/migrations/migrate.ts';
import { databaseCommand, noArguments } from './database-command.ts';

const stateLabels: Record<MigrationState, string> = {
  applied: 'applied',
  pending: 'pending',
  failed: 'failed',
  edited: 'edited',
  missing: 'unknown: its file is missing',
  newer: 'unknown: from a newer build',
};

await databaseCommand(noArguments, async (url) => {
  const entries = await migrationStatus({ url });
  const width = Math.max(...entries.map(({ name }) => name.length));
  for (const { name, state, appliedAt } of entries) {
    console.log([name.padEnd(width), (appliedAt ?? '').padEnd(19), describe(state, appliedAt)].join('  '));
  }
  console.log(isCurrent(entries) ? 'The database is up to date.' : 'The database is not up to date.');
  return isCurrent(entries) ? 0 : 1;
});

function describe(state: MigrationState, appliedAt: string | undefined): string {
  const unfinished = (state === 'newer' || state === 'missing') && appliedAt === undefined;
  return unfinished ? `${stateLabels[state]}, not finished` : stateLabels[state];
}
