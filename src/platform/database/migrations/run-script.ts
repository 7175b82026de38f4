import type { ClientBase } from 'pg';
import { escapeIdentifier } from 'pg';
import { parseScript } from './migration-script.ts';

/** How long a script waits for each lock and runs each statement, unless it begins with other values. */
export const defaultTimeouts = "SET lock_timeout = '5s';\nSET statement_timeout = '60s';\n";

/**
 * Runs the text of a migration, in a session with its startup settings and `defaultTimeouts`.
 * @param finish statement for the start of the script's transaction; for a script that is not atomic, it runs
 *   afterwards
 */
export async function runScript(client: ClientBase, sql: string, finish = ''): Promise<void> {
  const { settings, body, atomic, concurrentIndex } = parseScript(sql);
  // Removes the settings of the previous script.
  await client.query(`RESET ALL; ${defaultTimeouts}`);
  if (settings !== '') await client.query(settings);
  if (concurrentIndex !== undefined) await dropInvalid(client, concurrentIndex);
  if (body !== '') await client.query(atomic ? `${finish}\n${body}` : body);
  if (finish !== '' && (body === '' || !atomic)) await client.query(finish);
}

/** A failed concurrent build leaves an invalid index, with which the next attempt would fail. */
async function dropInvalid(client: ClientBase, index: string): Promise<void> {
  const { rows } = await client.query(
    'SELECT FROM pg_index WHERE indexrelid = to_regclass(quote_ident($1)) AND NOT indisvalid',
    [index],
  );
  if (rows.length > 0) await client.query(`DROP INDEX CONCURRENTLY ${escapeIdentifier(index)}`);
}
