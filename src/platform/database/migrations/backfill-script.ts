import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { escapeIdentifier } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { shippedMigrations } from './shipped-migrations.ts';

/** The backfill.sql of a migration: its first line is `-- table: <name>`, the rest one statement that uses `batch`. */
export interface BackfillScript {
  readonly migration: string;
  /** The table whose rows are read, in the order of its primary key. */
  readonly table: string;
  /** Changes the rows whose primary keys are in `batch`. */
  readonly change: string;
}

/** A column of a primary key, quoted, with its type. */
interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

const format = /^-- table: (\w+)\r?\n(.*\S.*)$/s;
const statement = /^(?:\s+|--[^\n]*\n)*(?:UPDATE|INSERT|DELETE|WITH)\b/i;

const keySql = `
  SELECT quote_ident(attname) AS name, format_type(atttypid, atttypmod) AS type
  FROM pg_index CROSS JOIN unnest(indkey) WITH ORDINALITY AS part (number, position)
    JOIN pg_attribute ON attrelid = indrelid AND attnum = part.number
  WHERE indrelid = to_regclass(quote_ident($1)) AND indisprimary ORDER BY position`;

/** The migrations of this build that have a backfill, oldest first. */
export function migrationsWithBackfill(folder: string): readonly string[] {
  const names = shippedMigrations(folder).map(({ name }) => name);
  return names.filter((name) => existsSync(join(folder, name, 'backfill.sql')));
}

/** @throws StartupError when the migration has no backfill.sql, or it has another format */
export function readBackfill(folder: string, migration: string): BackfillScript {
  if (!migrationsWithBackfill(folder).includes(migration)) {
    throw new StartupError(`There is no migration ${migration} with a backfill.sql: "npm run db:backfill" lists them.`);
  }
  const [, table, text] = format.exec(readFileSync(join(folder, migration, 'backfill.sql'), 'utf8')) ?? [];
  const change = text?.trim().replace(/;$/, '');
  if (table === undefined || change === undefined || !statement.test(change)) {
    throw new StartupError(
      `The backfill.sql of ${migration} must be "-- table: <name>" and one UPDATE, INSERT or DELETE of the rows in batch.`,
    );
  }
  return { migration, table, change };
}

/**
 * The statement of one batch: it reads the next `rows` primary keys after `$1`, changes these rows, and returns the numbers
 * of rows and the last key. FOR KEY SHARE: a row that is deleted meanwhile is not copied to another table afterwards.
 * @throws StartupError when the table does not exist or has no primary key
 */
export async function batchStatement(
  client: Client,
  { migration, table, change }: BackfillScript,
  rows: number,
): Promise<string> {
  const { rows: key } = await client.query<KeyColumn>(keySql, [table]);
  if (key.length === 0) {
    throw new StartupError(`The backfill.sql of ${migration} needs a table ${table} with a primary key.`);
  }
  const names = key.map(({ name }) => name);
  const parameters = key.map(({ type }, index) => `($1::text[])[${index + 1}]::${type}`);
  return `
    WITH batch AS MATERIALIZED (
      SELECT ${names.join(', ')} FROM ${escapeIdentifier(table)}
      WHERE $1::text[] IS NULL OR (${names.join(', ')}) > (${parameters.join(', ')})
      ORDER BY ${names.join(', ')} LIMIT ${rows} FOR KEY SHARE
    ), changed AS (
      ${change}
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM batch) AS read, (SELECT count(*)::int FROM changed) AS changed,
      (SELECT ARRAY[${names.map((name) => `${name}::text`).join(', ')}] FROM batch
       ORDER BY ${names.map((name) => `${name} DESC`).join(', ')} LIMIT 1) AS position`;
}
