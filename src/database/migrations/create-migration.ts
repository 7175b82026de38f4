import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartRefused } from '../start-refused.ts';
import { firstLine } from './postgres-errors.ts';
import { withShadowDatabase } from './shadow-database.ts';
import { everything, migrationList, withEngine } from './schema-engine.ts';
import type { MigrationFile } from './shipped-migrations.ts';
import { migrationsFolder, readMigrations } from './shipped-migrations.ts';

const schemaFile = fileURLToPath(new URL('../../../prisma/schema.prisma', import.meta.url));

/** Each migration says how long it may wait for locks and run. */
const header = "SET lock_timeout = '5s';\nSET statement_timeout = '60s';\n";

/** What `db:diff` is given; the folder and the schema differ in tests. */
export interface CreateMigrationOptions {
  /** A database of the server on which the shadow database is made; it is not changed. */
  readonly url: string;
  readonly name: string;
  readonly folder?: string;
  readonly schema?: string;
}

/**
 * Writes a migration from what differs between the migrations and schema.prisma, and returns its name, or undefined when
 * nothing differs. What Prisma can't express (partial indexes, checks, triggers, functions) is left alone.
 * @throws StartRefused when the name can't be one, or a migration does not run on an empty database
 */
export async function createMigration(options: CreateMigrationOptions): Promise<string | undefined> {
  const { url, name, folder = migrationsFolder, schema = schemaFile } = options;
  const slug = migrationSlug(name);
  const migrations = readMigrations(folder);
  const sql = await withShadowDatabase(url, async (shadowUrl) => await difference(migrations, schema, shadowUrl));
  if (sql === undefined) return undefined;
  const created = `${nextStamp(new Date(), migrations.at(-1)?.name)}_${slug}`;
  mkdirSync(join(folder, created));
  writeFileSync(join(folder, created, 'migration.sql'), `${header}\n${sql}`);
  return created;
}

/** The folder's name without its time: lower case, words joined by underscores. */
export function migrationSlug(name: string): string {
  if (!/^[a-z0-9][a-z0-9 _-]{0,99}$/i.test(name)) {
    throw new StartRefused('Usage: npm run db:diff -- <name>, where the name is letters, digits, "_" and "-".');
  }
  return name.toLowerCase().replaceAll(/[ -]+/g, '_');
}

/** YYYYMMDDHHMMSS in UTC, later than the last migration even when that one's clock was ahead. */
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
  return await withEngine({ url: shadowUrl, shadowUrl }, async ({ engine, adapter }) => {
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
      throw incomparable(cause, adapter.takeFailure());
    }
  });
}

/** One line, but for a mistake in the schema: Prisma shows where it is. */
function incomparable(cause: unknown, failure: Error | undefined): StartRefused {
  const engineSays = cause instanceof Error ? cause.message.trim() : '';
  const message = failure === undefined ? engineSays : `${firstLine(cause)}: ${failure.message}.`;
  return new StartRefused(message, { cause });
}
