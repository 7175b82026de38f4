import { readDatabaseUrl } from '../config/database-url.ts';
import { withConnection } from '../database/migrations/connection.ts';
import { hasCode } from '../database/migrations/postgres-errors.ts';
import { StartRefused } from '../database/start-refused.ts';
import { migrateTables } from './queue-tables.repository.ts';

const insufficientPrivilege = '42501';

/** Where BullMQ keeps its tables: two services with schemas of their own in one database share no queue. */
export function queueSchema(url: string): string {
  const { schema } = readDatabaseUrl(url);
  return schema === 'public' ? 'bullmq' : `${schema}_bullmq`;
}

/**
 * Gives BullMQ its tables, or brings them up to date; any number of processes may do so at once.
 * @throws StartRefused when the database can't be reached, or the role may not do that
 */
export async function migrateQueue(url: string): Promise<void> {
  const schema = queueSchema(url);
  await withConnection(url, async (client) => {
    try {
      await migrateTables(client, schema);
    } catch (cause) {
      if (!hasCode(cause, insufficientPrivilege)) throw cause;
      throw new StartRefused(
        `The role ${client.user ?? ''} may not make the queue's tables in schema ${schema}: GRANT CREATE ON DATABASE to it, or migrate as another role (docs/operations/database-roles.md).`,
        { cause },
      );
    }
  });
}
