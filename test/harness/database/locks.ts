import type { TestDatabase } from './database.ts';
import { newClient } from './database.ts';

/** Takes locks that the service needs, and counts what waits for them. */
export class Locks {
  constructor(private readonly database: TestDatabase) {}

  /** No refresh token is stored until the returned function is called; reads continue. */
  async holdRefreshTokens(): Promise<() => Promise<void>> {
    return await this.hold('LOCK TABLE refresh_tokens IN SHARE MODE');
  }

  /**
   * Logins wait with their sessions until the returned function is called, and hold nothing yet: a statement trigger
   * runs before the statement reads or locks a row. Sessions may be changed meanwhile.
   */
  async holdLogins(): Promise<() => Promise<void>> {
    await this.database.pool.query(`
      CREATE OR REPLACE FUNCTION test_wait() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END';
      CREATE OR REPLACE TRIGGER test_wait BEFORE INSERT ON sessions FOR EACH STATEMENT EXECUTE FUNCTION test_wait()`);
    return await this.hold('SELECT pg_advisory_xact_lock(42)');
  }

  /** Locks a user's row, so that every change and login of this user waits until the returned function is called. */
  async holdUser(id: string): Promise<() => Promise<void>> {
    return await this.hold('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [id]);
  }

  /** How many logins and changes of users wait for a lock; background work of the service is not counted. */
  async waiting(): Promise<number> {
    const { rows } = await this.database.pool.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query ~ '^\\s*(INSERT INTO ("\\w+"\\.)?"?(sessions|refresh_tokens)|UPDATE ("\\w+"\\.)?"?(users|one_time_tokens)|SELECT 1 FROM users)\\M'`,
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
