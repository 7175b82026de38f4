import { parseArgs } from 'node:util';
import { rollBack } from '../platform/database/migrations/roll-back.ts';
import { databaseCommand, UsageError } from './database-command.ts';

await databaseCommand(readArguments, async (url, { to }) => {
  const names = await rollBack({
    url,
    ...(to !== undefined && { to }),
    onRolledBack: (name) => {
      console.log(`Rolled back ${name}`);
    },
    onRetry: (name, attempt) => {
      console.log(`${name} could not acquire a lock (attempt ${attempt}); retrying`);
    },
  });
  if (names.length === 0) console.log('Nothing to roll back.');
  else console.log('Processes of this build are not ready until "npm run db:migrate" applies it again.');
  return 0;
});

function readArguments(): { to?: string | undefined } {
  try {
    return parseArgs({ options: { to: { type: 'string' } } }).values;
  } catch {
    throw new UsageError('Usage: npm run db:rollback, or npm run db:rollback -- --to <the last migration to keep>');
  }
}
