import { migrate } from '../database/migrations/migrate.ts';
import { migrateQueue } from '../queue/migrate-queue.ts';
import { databaseCommand, noArguments } from './database-command.ts';

await databaseCommand(noArguments, async (url) => {
  const applied = await migrate({
    url,
    onApplied: (name) => {
      console.log(`Applied ${name}`);
    },
    onRetry: (name, attempt) => {
      console.log(`${name} could not get a lock (attempt ${attempt}); trying again`);
    },
  });
  await migrateQueue(url);
  console.log(applied.length === 0 ? 'Nothing to apply: the database is up to date.' : 'The database is up to date.');
  return 0;
});
