import type { Standing } from '../database/migrations/migration-history.ts';
import { isCurrent, migrationStatus } from '../database/migrations/migrate.ts';
import { databaseCommand, noArguments } from './database-command.ts';

const words: Record<Standing, string> = {
  applied: 'applied',
  pending: 'pending',
  failed: 'failed',
  edited: 'edited',
  missing: 'unknown: its file is missing',
  newer: 'unknown: of a later build',
};

await databaseCommand(noArguments, async (url) => {
  const entries = await migrationStatus({ url });
  const width = Math.max(...entries.map(({ name }) => name.length));
  for (const { name, standing, appliedAt } of entries) {
    console.log([name.padEnd(width), (appliedAt ?? '').padEnd(19), describe(standing, appliedAt)].join('  '));
  }
  console.log(isCurrent(entries) ? 'The database is up to date.' : 'The database is not up to date.');
  return isCurrent(entries) ? 0 : 1;
});

function describe(standing: Standing, appliedAt: string | undefined): string {
  const unfinished = standing === 'newer' || standing === 'missing' ? appliedAt === undefined : false;
  return unfinished ? `${words[standing]}, not finished` : words[standing];
}
