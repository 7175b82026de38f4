import type { TestDatabase } from './database.ts';
import { newClient } from './database.ts';

/** Locks that a test holds against the service, and who waits for any. */
export class Locks {
  constructor(private readonly database: TestDatabase) {}

  /** Lets nobody write to a table until the returned function is called; whoever only reads goes on. */
  async holdTable(name: 'sessions' | 'refresh_tokens'): Promise<() => Promise<void>> {
    return await this.hold(`LOCK TABLE ${name} IN SHARE MODE`);
  }

  /** Lets nobody change, lock or log in as a user until the returned function is called. */
  async holdUser(id: string): Promise<() => Promise<void>> {
    return await this.hold('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [id]);
  }

  /** How many logins and changes of users wait for a lock; what the service does by itself may wait too, uncounted. */
  async waiting(): Promise<number> {
    const { rows } = await this.database.pool.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query ~ '^\\s*(INSERT INTO ("\\w+"\\.)?"?(sessions|refresh_tokens)|UPDATE ("\\w+"\\.)?"?users)\\M'`,
    );
    return rows[0]?.waiting ?? 0;
  }

  private async hold(sql: string, values: string[] = []): Promise<() => Promise<void>> {
    const client = newClient(this.database.ownUrl);
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql, values);
    return async () => {
      await client.end();
    };
  }
}
