import type { PoolClient } from 'pg';
import { escapeIdentifier } from 'pg';
import { parseScript } from './migration-script.ts';

/**
 * Notes the end of the one migration that is begun. It goes before the script, so that the row is locked until the
 * transaction of both has ended: whoever finds the row unfinished can wait for that.
 */
const finishSql =
  'UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL;';

/**
 * Runs the text of a migration, and leaves the session's settings as they were when it succeeds.
 * @param remembered whether the database has `_prisma_migrations`; a shadow database has not
 */
export async function runScript(client: PoolClient, sql: string, remembered: boolean): Promise<void> {
  const { settings, body, atomic, concurrentIndex } = parseScript(sql);
  if (settings !== '') await client.query(settings);
  if (concurrentIndex !== undefined) await dropInvalid(client, concurrentIndex);
  if (body !== '') await client.query(remembered && atomic ? `${finishSql}\n${body}` : body);
  await client.query('RESET ALL');
}

/** An index whose concurrent build failed stands in the way of the next try. */
async function dropInvalid(client: PoolClient, index: string): Promise<void> {
  const { rows } = await client.query(
    'SELECT FROM pg_index WHERE indexrelid = to_regclass(quote_ident($1)) AND NOT indisvalid',
    [index],
  );
  if (rows.length > 0) await client.query(`DROP INDEX CONCURRENTLY ${escapeIdentifier(index)}`);
}
