import { randomUUID } from 'node:crypto';
import type { TestDatabase } from './database.ts';
import { newClient } from './database.ts';
import { waitUntil } from '../process/wait-until.ts';

/** A header with this key, or a new one. */
export function idempotencyKey(key: string = randomUUID()): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key };
}

/** Reads and changes idempotency records in tests. */
export class IdempotencyRecords {
  constructor(private readonly database: TestDatabase) {}

  /** How many things of this name there are. */
  async things(name: string): Promise<number> {
    const { rows } = await this.database.pool.query('SELECT 1 FROM things WHERE name = $1', [name]);
    return rows.length;
  }

  async records(key: string): Promise<Record<string, unknown>[]> {
    const { rows } = await this.database.pool.query<Record<string, unknown>>(
      'SELECT * FROM idempotency_records WHERE key = $1',
      [key],
    );
    return rows;
  }

  /** How many records there are. */
  async count(): Promise<number> {
    return (await this.database.pool.query('SELECT 1 FROM idempotency_records')).rows.length;
  }

  /** Makes the record of this key a day older. */
  async expire(key: string): Promise<void> {
    await this.database.pool.query(`UPDATE idempotency_records SET expires_at = now() WHERE key = $1`, [key]);
  }

  /** Blocks requests with `waits` until the returned function is called. */
  async hold(): Promise<() => Promise<void>> {
    const client = newClient(this.database.ownUrl);
    await client.connect();
    await client.query('SELECT pg_advisory_lock(7)');
    return async () => {
      await client.end();
    };
  }

  /** Waits until so many requests wait for that. */
  async waiting(count: number): Promise<void> {
    await waitUntil(`${count} requests wait`, async () => {
      const { rows } = await this.database.pool.query(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`,
      );
      return rows.length === count;
    });
  }
}
