import { migrate } from '../platform/database/migrations/migrate.ts';
import { dropQueueSchema } from '../platform/queue/queue-schema.repository.ts';
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
  if (applied.length > 0) {
    console.log('The database is up to date.');
    return 0;
  }
  // Not by the run that updates the database: processes of the version before are still running.
  const dropped = await dropQueueSchema(url);
  if (dropped !== undefined) console.log(dropped);
  console.log('Nothing to apply: the database is up to date.');
  return 0;
});
