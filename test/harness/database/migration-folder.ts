import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { migrationsFolder } from '../../../src/platform/database/migrations/shipped-migrations.ts';
import { temporaryFolder } from '../process/service-process.ts';

/** Creates a folder of migrations with these files: `'1_a/migration.sql': 'CREATE TABLE a (id int);'`. */
export function migrationFolder(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  addMigrations(folder, files);
  return folder;
}

/** Writes further files into a folder of migrations. */
export function addMigrations(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, sql] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), sql);
  }
}

/** The migration that creates the table of `npm run db:backfill`. */
export const backfillsMigration = {
  '0_backfills/migration.sql': readFileSync(
    join(migrationsFolder, '20261130710000_backfills', 'migration.sql'),
    'utf8',
  ),
};
