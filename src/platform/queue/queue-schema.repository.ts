import { readDatabaseUrl } from '../config/database-url.ts';
import { withConnection } from '../database/migrations/connection.ts';
import { hasCode, insufficientPrivilege } from '../database/migrations/postgres-errors.ts';
import { queueNames } from './job.ts';

/** The schema of BullMQ's tables: two services with schemas of their own in one database share no queue. */
function queueSchema(url: string): string {
  const { schema } = readDatabaseUrl(url);
  return schema === 'public' ? 'bullmq' : `${schema}_bullmq`;
}

/** Selects a row when the schema has queues (BullMQ creates a sequence for each), and only those of this service. */
const ownSchema = `
  SELECT 1 FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
  WHERE n.nspname = $1 AND c.relkind = 'S' AND starts_with(c.relname, 'bullmq_jid_')
  GROUP BY n.oid HAVING bool_and(c.relname IN (SELECT 'bullmq_jid_' || md5(queue) FROM unnest($2::text[]) AS queue))`;

/**
 * Drops the tables of BullMQ that earlier versions have used. Returns a line to print: which schema was dropped, or why
 * it was not. Undefined when there is none, or another service has queues in it.
 */
export async function dropQueueSchema(url: string): Promise<string | undefined> {
  const schema = queueSchema(url);
  return await withConnection(url, async (client) => {
    const { rowCount } = await client.query(ownSchema, [schema, [...queueNames]]);
    if (rowCount !== 1) return undefined;
    try {
      await client.query(`DROP SCHEMA "${schema}" CASCADE`);
      return `Dropped the schema ${schema}, which the queue of earlier versions used`;
    } catch (error) {
      if (!hasCode(error, insufficientPrivilege)) throw error;
      return `The schema ${schema} is no longer used, and this role may not drop it`;
    }
  });
}
