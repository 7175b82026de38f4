import { migrate } from '../platform/database/migrations/migrate.ts';
import { migrateQueue } from '../platform/queue/dispatch/migrate-queue.ts';
import { databaseCommand, noArguments } from './database-command.ts';

await databaseCommand(noArguments, async (url) => {
  const applied = await migrate({
    url,
    onApplied: (name) => {
      console.log(`Applied ${name}`);
    },
    onRetry: (name, attempt) => {
      console.log(`${name} could not acquire a lock (attempt ${attempt}); retrying`);
    },
  });
  await migrateQueue(url);
  console.log(applied.length === 0 ? 'Nothing to apply: the database is up to date.' : 'The database is up to date.');
  return 0;
});
