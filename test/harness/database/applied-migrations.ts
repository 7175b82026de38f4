import fs from 'node:fs';
import { join } from 'node:path';
import { root } from '../process/service-process.ts';
import { query } from './empty-database.ts';

/** The names of the migrations in prisma/migrations, in their order. */
export const allMigrations = fs
  .readdirSync(join(root, 'prisma/migrations'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The names of the migrations that a database has recorded, in their order. */
export async function appliedMigrations(url: string): Promise<unknown[]> {
  const rows = await query(url, 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1');
  return rows.map(({ name }) => name);
}
