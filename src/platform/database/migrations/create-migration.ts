import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../../config/startup-error.ts';
import { firstLine } from './postgres-errors.ts';
import { defaultTimeouts } from './run-script.ts';
import { withShadowDatabase } from './shadow-database.ts';
import { everything, migrationList, withEngine } from './schema-engine.ts';
import type { MigrationFile } from './shipped-migrations.ts';
import { migrationsFolder, readMigrations } from './shipped-migrations.ts';

const schemaFile = fileURLToPath(new URL('../../../../prisma/schema.prisma', import.meta.url));

/** Options of `db:diff`; tests set folder and schema. */
export interface CreateMigrationOptions {
  /** A database of the server on which the shadow database is created; it is not changed. */
  readonly url: string;
  readonly name: string;
  readonly folder?: string;
  readonly schema?: string;
}

/**
 * Writes a migration with the differences between the migrations and schema.prisma, and returns its name, or undefined
 * without differences. Objects that Prisma cannot express (partial indexes, checks, triggers, functions) are unchanged.
 * @throws StartupError when the name is invalid, or a migration fails on an empty database
 */
export async function createMigration(options: CreateMigrationOptions): Promise<string | undefined> {
  const { url, name, folder = migrationsFolder, schema = schemaFile } = options;
  const slug = migrationSlug(name);
  const migrations = readMigrations(folder);
  const sql = await withShadowDatabase(url, async (shadowUrl) => await difference(migrations, schema, shadowUrl));
  if (sql === undefined) return undefined;
  const created = `${nextStamp(new Date(), migrations.at(-1)?.name)}_${slug}`;
  mkdirSync(join(folder, created));
  writeFileSync(join(folder, created, 'migration.sql'), `${defaultTimeouts}\n${sql}`);
  return created;
}

/** The folder's name without its timestamp: lower case, words joined by underscores. */
export function migrationSlug(name: string): string {
  if (!/^[a-z0-9][a-z0-9 _-]{0,99}$/i.test(name)) {
    throw new StartupError('Usage: npm run db:diff -- <name>, where the name is letters, digits, "_" and "-".');
  }
  return name.toLowerCase().replaceAll(/[ -]+/g, '_');
}

/** YYYYMMDDHHMMSS in UTC, later than the last migration even if that was created with a clock ahead of this one. */
export function nextStamp(now: Date, last: string | undefined): string {
  const stamp = Number(now.toISOString().replaceAll(/\D/g, '').slice(0, 14));
  const lastStamp = Number(/^\d{14}/.exec(last ?? '')?.[0] ?? 0);
  return String(Math.max(stamp, lastStamp + 1));
}

async function difference(
  migrations: readonly MigrationFile[],
  schema: string,
  shadowUrl: string,
): Promise<string | undefined> {
  return await withEngine(shadowUrl, async ({ engine, adapter }) => {
    try {
      const { exitCode, stdout } = await engine.diff({
        from: { tag: 'migrations', ...migrationList(migrations) },
        to: { tag: 'schemaDatamodel', files: [{ path: schema, content: readFileSync(schema, 'utf8') }] },
        script: true,
        exitCode: true,
        filters: everything,
      });
      return exitCode === 0 ? undefined : (stdout ?? undefined);
    } catch (cause) {
      throw incomparable(cause, adapter.failure);
    }
  });
}

/** One line, except for errors in the schema, for which Prisma shows the position. */
function incomparable(cause: unknown, failure: Error | undefined): StartupError {
  const engineMessage = cause instanceof Error ? cause.message.trim() : '';
  const message = failure === undefined ? engineMessage : `${firstLine(cause)}: ${failure.message}.`;
  return new StartupError(message, { cause });
}
