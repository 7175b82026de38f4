import { createMigration, migrationSlug } from '../database/migrations/create-migration.ts';
import { databaseCommand } from './database-command.ts';

await databaseCommand(readName, async (url, name) => {
  const created = await createMigration({ url, name });
  if (created === undefined) console.log('No changes: the migrations already make what schema.prisma says.');
  else console.log(`Wrote prisma/migrations/${created}/migration.sql. Read it, then "npm run db:migrate".`);
  return 0;
});

/** Words without quotes make one name. */
function readName(): string {
  const name = process.argv.slice(2).join(' ');
  migrationSlug(name);
  return name;
}
