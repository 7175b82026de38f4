import type { Client } from 'pg';
import { escapeIdentifier } from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { hasCode, insufficientPrivilege } from './postgres-errors.ts';

const page = '(docs/operations/database-roles.md)';

/**
 * Creates the schema of the migrations unless it exists.
 * @throws StartupError when the role may not create it, or tables in it
 */
export async function openSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rows.length === 0) await create(client, schema);
  const rights = await client.query<{ usable: boolean }>(
    `SELECT has_schema_privilege($1, 'USAGE') AND has_schema_privilege($1, 'CREATE') AS usable`,
    [schema],
  );
  if (rights.rows[0]?.usable === true) return;
  throw new StartupError(
    `The role ${client.user ?? ''} may not create tables in schema ${schema}: ` +
      `GRANT USAGE, CREATE ON SCHEMA ${schema} to it, or migrate as another role ${page}.`,
  );
}

async function create(client: Client, schema: string): Promise<void> {
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)}`);
  } catch (cause) {
    if (!hasCode(cause, insufficientPrivilege)) throw cause;
    throw new StartupError(
      `There is no schema ${schema}, and the role ${client.user ?? ''} may not create it: ` +
        `CREATE SCHEMA ${schema} for it ${page}.`,
      { cause },
    );
  }
}
