import type { PoolClient } from 'pg';
import { escapeIdentifier } from 'pg';
import { parseScript } from './migration-script.ts';

/** Runs the text of a migration, and leaves the session's settings as they were when it succeeds. */
export async function runScript(client: PoolClient, sql: string): Promise<void> {
  const { settings, body, concurrentIndex } = parseScript(sql);
  if (settings !== '') await client.query(settings);
  if (concurrentIndex !== undefined) await dropInvalid(client, concurrentIndex);
  if (body !== '') await client.query(body);
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
