import { randomUUID } from 'node:crypto';
import type { Client, DatabaseError } from 'pg';
import { escapeLiteral } from 'pg';
import type { Migration } from './shipped-migrations.ts';

/** As Prisma's schema engine creates it, so that Prisma's CLI can read and continue the history. */
const createTableSql = `
  CREATE TABLE _prisma_migrations (
    id                  varchar(36) PRIMARY KEY,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

const unmanagedTablesSql = `
  SELECT FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 1`;

/** Creates `_prisma_migrations` unless it exists. The caller of these functions holds the migration lock. */
export async function createHistory(client: Client): Promise<void> {
  if (!(await hasHistory(client))) await client.query(createTableSql);
}

/** Whether the schema has tables but no history of migrations. */
export async function hasUnmanagedTables(client: Client): Promise<boolean> {
  if (await hasHistory(client)) return false;
  const { rowCount } = await client.query(unmanagedTablesSql);
  return rowCount !== 0;
}

/** Records that a migration begins, and returns the id of the record. */
export async function recordStarted(client: Client, { name, checksum }: Migration): Promise<string> {
  const id = randomUUID();
  const text = 'INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)';
  await client.query(text, [id, checksum, name]);
  return id;
}

/**
 * The statement that records that a migration is finished. Sent before the statements of the script, it locks the
 * record until the transaction of both has ended: a process that finds an unfinished record can wait for that.
 * @param id as `recordStarted` returned it
 */
export function finishStatement(id: string): string {
  return `UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1
    WHERE id = '${id}' AND finished_at IS NULL;`;
}

/** The statement that records that an applied migration was undone; it is pending then. */
export function undoneStatement(name: string): string {
  return `UPDATE _prisma_migrations SET rolled_back_at = now()
    WHERE migration_name = ${escapeLiteral(name)} AND rolled_back_at IS NULL;`;
}

/** Records PostgreSQL's error; the migration counts as failed until an operator resolves it. */
export async function recordFailed(client: Client, id: string, error: DatabaseError): Promise<void> {
  const { code = '', severity = 'ERROR', message, detail, hint } = error;
  const lines = [`Database error code: ${code}`, `${severity}: ${message}`];
  if (detail !== undefined) lines.push(`DETAIL: ${detail}`);
  if (hint !== undefined) lines.push(`HINT: ${hint}`);
  await client.query('UPDATE _prisma_migrations SET logs = $2 WHERE id = $1', [id, lines.join('\n')]);
}

/** Records that nothing remains of the unfinished attempts of a migration, so that it may be applied again. */
export async function recordRolledBack(client: Client, name: string): Promise<void> {
  await client.query(
    `UPDATE _prisma_migrations SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
    [name],
  );
}

/** Records a migration as applied without running it. */
export async function recordApplied(client: Client, { name, checksum }: Migration): Promise<void> {
  await createHistory(client);
  await recordRolledBack(client, name);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, logs) VALUES ($1, $2, $3, now(), '')`,
    [randomUUID(), checksum, name],
  );
}

async function hasHistory(client: Client): Promise<boolean> {
  const text = `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`;
  return (await client.query<{ exists: boolean }>(text)).rows[0]?.exists === true;
}
