import { runMigrations } from 'bullmq';
import { withConnection } from '../database/migrations/connection.ts';

/** Where BullMQ keeps its tables. */
export const queueSchema = 'bullmq';

/**
 * Gives BullMQ its tables, or brings them up to date; any number of processes may do so at once.
 * @throws StartRefused when the database can't be reached
 */
export async function migrateQueue(url: string): Promise<void> {
  await withConnection(url, async (client) => {
    await runMigrations(client, queueSchema);
  });
}
