import { v7 as uuidv7 } from 'uuid';
import { queueSchema } from '../../../src/platform/queue/queue-schema.repository.ts';
import type { TestDatabase } from './database.ts';
import { waitUntil } from '../process/wait-until.ts';

/** Reads and changes jobs in tests. */
export class JobTables {
  constructor(private readonly database: Pick<TestDatabase, 'pool' | 'url'>) {}

  async find(id: string): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.database.pool.query<Record<string, unknown>>('SELECT * FROM jobs WHERE id = $1', [id]);
    return rows[0];
  }

  async effects(id: string): Promise<number> {
    const { rows } = await this.database.pool.query('SELECT 1 FROM test_effects WHERE job_id = $1', [id]);
    return rows.length;
  }

  /** How many messages of this job BullMQ holds. */
  async messages(id: string, state?: string): Promise<number> {
    const { rows } = await this.database.pool.query(
      `SELECT 1 FROM ${queueSchema(this.database.url)}.job WHERE id LIKE $1 || '.%' AND ($2::text IS NULL OR state::text = $2)`,
      [id, state ?? null],
    );
    return rows.length;
  }

  async until(condition: () => Promise<boolean>, withinMs?: number): Promise<void> {
    await waitUntil('the job has this state', condition, withinMs);
  }

  async reach(id: string, state: string, withinMs?: number): Promise<void> {
    await waitUntil(`job ${id} is ${state}`, async () => (await this.find(id))?.['state'] === state, withinMs);
  }

  /** The same, and makes the next attempt due at once. */
  async reachWithoutDelay(id: string, state: string): Promise<void> {
    await waitUntil(`job ${id} is ${state}`, async () => {
      await this.database.pool.query(
        `UPDATE jobs SET next_delivery_at = now() WHERE id = $1 AND delivery = 'delayed'`,
        [id],
      );
      return (await this.find(id))?.['state'] === state;
    });
  }

  /** Pauses every schedule, and waits until the jobs that schedules have enqueued are finished. */
  async pauseSchedules(): Promise<void> {
    await this.database.pool.query('UPDATE job_schedules SET paused_at = now()');
    await waitUntil('no job of a schedule is left', async () => {
      const { rows } = await this.database.pool.query(
        'SELECT 1 FROM jobs WHERE schedule_id IS NOT NULL AND finished_at IS NULL',
      );
      return rows.length === 0;
    });
  }

  /** Inserts a job without notifying the dispatcher. */
  async insertWithoutNotification(type: string, payload: object, queue = 'default'): Promise<string> {
    const id = uuidv7();
    await this.database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at)
       VALUES ($1, $2, $4, $3, 'queued', 'pending', now(), 5, now())`,
      [id, type, JSON.stringify(payload), queue],
    );
    return id;
  }
}
