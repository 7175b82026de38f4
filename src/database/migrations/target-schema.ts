import type { Client } from 'pg';
import { escapeIdentifier } from 'pg';
import { StartRefused } from '../start-refused.ts';
import { hasCode } from './postgres-errors.ts';

const insufficientPrivilege = '42501';
const page = '(docs/operations/database-roles.md)';

/**
 * Makes the schema that the migrations are for, unless it is there.
 * @throws StartRefused when the role may not make it, or nothing in it
 */
export async function openSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rows.length === 0) await make(client, schema);
  const rights = await client.query<{ usable: boolean }>(
    `SELECT has_schema_privilege($1, 'USAGE') AND has_schema_privilege($1, 'CREATE') AS usable`,
    [schema],
  );
  if (rights.rows[0]?.usable === true) return;
  throw new StartRefused(
    `The role ${client.user ?? ''} may not make tables in schema ${schema}: GRANT USAGE, CREATE ON SCHEMA ${schema} to it, or migrate as another role ${page}.`,
  );
}

async function make(client: Client, schema: string): Promise<void> {
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)}`);
  } catch (cause) {
    if (!hasCode(cause, insufficientPrivilege)) throw cause;
    throw new StartRefused(
      `There is no schema ${schema}, and the role ${client.user ?? ''} may not make it: CREATE SCHEMA ${schema} for it ${page}.`,
      { cause },
    );
  }
}
