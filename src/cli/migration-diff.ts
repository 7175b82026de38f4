import { createMigration, migrationSlug } from '../platform/database/migrations/create-migration.ts';
import { databaseCommand } from './database-command.ts';

await databaseCommand(readName, async (url, name) => {
  const created = await createMigration({ url, name });
  if (created === undefined) console.log('No changes: the migrations already produce schema.prisma.');
  else console.log(`Wrote prisma/migrations/${created}/migration.sql. Read it, then "npm run db:migrate".`);
  return 0;
});

/** Joins unquoted words to one name. */
function readName(): string {
  const name = process.argv.slice(2).join(' ');
  migrationSlug(name);
  return name;
}
