import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../../config/startup-error.ts';

/** A migration of this build. */
export interface Migration {
  readonly name: string;
  /** SHA-256 of migration.sql in hexadecimal, as Prisma computes it. */
  readonly checksum: string;
  /** The checksums with LF and CRLF: a checkout on another system must not count as an edit. */
  readonly acceptedChecksums: ReadonlySet<string>;
}

/** A migration with its text. */
export interface MigrationFile extends Migration {
  readonly sql: string;
}

/** `src/` and `dist/` have the same depth. */
export const migrationsFolder = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));

let shipped: readonly Migration[] | undefined;

/**
 * The migrations of this build, oldest first; the default folder is read once.
 * @throws StartupError when the folder or a migration.sql is missing
 */
export function shippedMigrations(folder: string = migrationsFolder): readonly Migration[] {
  if (folder !== migrationsFolder) return readMigrations(folder);
  shipped ??= readMigrations(folder).map(withoutText);
  return shipped;
}

/** Reads the migrations of a folder with their text, oldest first. */
export function readMigrations(folder: string): readonly MigrationFile[] {
  return foldersIn(folder).map((name) => {
    const sql = read(join(folder, name, 'migration.sql'));
    return { name, sql, ...checksums(sql) };
  });
}

/** The checksums of the text of a migration. */
export function checksums(sql: string): Pick<Migration, 'checksum' | 'acceptedChecksums'> {
  const unix = sql.replaceAll('\r\n', '\n');
  return {
    checksum: sha256(sql),
    acceptedChecksums: new Set([sha256(sql), sha256(unix), sha256(unix.replaceAll('\n', '\r\n'))]),
  };
}

function withoutText({ name, checksum, acceptedChecksums }: MigrationFile): Migration {
  return { name, checksum, acceptedChecksums };
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort((a, b) => (a < b ? -1 : 1));
  } catch (cause) {
    throw new StartupError(`The migrations can't be read: there must be a folder ${folder}.`, { cause });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartupError(`${file} can't be read. Restore it, or remove its folder if it was never applied.`, {
      cause,
    });
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
