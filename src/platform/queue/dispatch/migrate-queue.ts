import { readDatabaseUrl } from '../../config/database-url.ts';
import { withConnection } from '../../database/migrations/connection.ts';
import { hasCode, insufficientPrivilege } from '../../database/migrations/postgres-errors.ts';
import { StartupError } from '../../config/startup-error.ts';
import { migrateTables } from '../queue-tables.repository.ts';

/** The schema of BullMQ's tables: two services with schemas of their own in one database share no queue. */
export function queueSchema(url: string): string {
  const { schema } = readDatabaseUrl(url);
  return schema === 'public' ? 'bullmq' : `${schema}_bullmq`;
}

/**
 * Creates BullMQ's tables, or updates them; several processes may do so at the same time.
 * @throws StartupError when the database is unreachable, or the role lacks the right to create them
 */
export async function migrateQueue(url: string): Promise<void> {
  const schema = queueSchema(url);
  await withConnection(url, async (client) => {
    try {
      await migrateTables(client, schema);
    } catch (cause) {
      if (!hasCode(cause, insufficientPrivilege)) throw cause;
      throw new StartupError(
        `The role ${client.user ?? ''} may not create the queue's tables in schema ${schema}: GRANT CREATE ON ` +
          'DATABASE to it, or migrate as another role (docs/operations/database-roles.md).',
        { cause },
      );
    }
  });
}
