import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { directPool } from '../database/direct-pool.ts';
import type { QueueName } from './job.ts';
import { queueNames } from './job.ts';
import type { OutgoingMessage } from './transport.ts';

/** A sent message that nobody has heard of for a while. */
export interface OverdueMessage extends OutgoingMessage {
  readonly queue: QueueName;
  /** A worker had begun the job, and its lease has run out. */
  readonly abandoned: boolean;
}

/** Limits of one dispatch. */
export interface DispatchLimits {
  /** Messages of the queue that may be outstanding afterwards. */
  readonly outstandingMax: number;
  /** A message that nobody claimed for this long is looked for. */
  readonly checkAfterMs: number;
}

/** The first half of the numbers of this class's advisory locks; the second is the queue's. */
const lockClass = 0x706c6e74;

/** The relay's questions to the whole table. */
export const relayStatements = {
  unpark: `
    WITH due AS (
      SELECT id, state AS was FROM jobs WHERE dispatch = 'parked' AND next_dispatch_at <= now()
      ORDER BY next_dispatch_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ), job AS (
      UPDATE jobs SET dispatch = 'ready', state = 'queued', event_seq = event_seq + (was = 'scheduled')::int
      FROM due WHERE jobs.id = due.id RETURNING jobs.id, event_seq, was
    )
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job WHERE was = 'scheduled'`,
  take: `
    WITH taken AS (
      UPDATE jobs SET dispatch = 'sent', dispatch_no = dispatch_no + 1,
        next_dispatch_at = now() + make_interval(secs => $3::float8 / 1000)
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE dispatch = 'ready' AND queue = $1
          AND NOT EXISTS (SELECT FROM paused_queues WHERE name = $1)
        ORDER BY priority, id
        LIMIT greatest(0, $2 - (SELECT count(*) FROM jobs WHERE dispatch = 'sent' AND queue = $1))
        FOR UPDATE SKIP LOCKED
      ))
      RETURNING id, dispatch_no, type, priority
    )
    SELECT id AS "jobId", dispatch_no AS "dispatchNo", type FROM taken ORDER BY priority, id`,
  overdue: `
    SELECT id AS "jobId", dispatch_no AS "dispatchNo", type, queue, state = 'running' AS abandoned FROM jobs
    WHERE dispatch = 'sent' AND next_dispatch_at <= now() AND (lease_until IS NULL OR lease_until < now())
      AND queue = ANY($2)
    ORDER BY next_dispatch_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
} as const;

/**
 * The relay's side of the table of jobs; each question has a partial index of its own. It has connections of its own,
 * one for each queue: work is handed on even while requests hold all those of the pool.
 */
@Injectable()
export class RelayRepository {
  private readonly pool: Pool;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    const options = [
      // A process that was stopped while it sent must not keep all the others from sending.
      `-c idle_in_transaction_session_timeout=${config.statementTimeoutMs}`,
      // What a crash of the server takes back is sent again under the same number.
      '-c synchronous_commit=off',
    ];
    this.pool = directPool(config, { max: queueNames.length, options: options.join(' ') });
  }

  /** Makes parked jobs ready whose time has come, at most `limit`. */
  async unpark(limit: number): Promise<void> {
    await this.pool.query({
      name: 'unpark',
      text: relayStatements.unpark,
      values: [limit],
    });
  }

  /**
   * Takes the next ready jobs of a queue as messages, sooner priorities first, then older ones, and commits when they
   * are published. Waits for other processes that send to this queue, so that the limit holds.
   */
  async dispatch(
    queue: QueueName,
    limits: DispatchLimits,
    publish: (messages: readonly OutgoingMessage[]) => Promise<void>,
  ): Promise<void> {
    // The lock has to come before the statement that counts: that one must see what the lock's previous holder has sent.
    const begin = `BEGIN; SELECT pg_advisory_xact_lock(${lockClass}, ${queueNames.indexOf(queue)})`;
    await this.inTransaction(begin, async (client) => {
      const { rows } = await client.query<OutgoingMessage>({
        name: 'take',
        text: relayStatements.take,
        values: [queue, limits.outstandingMax, limits.checkAfterMs],
      });
      if (rows.length > 0) await publish(rows);
    });
  }

  /**
   * Looks at sent messages whose check is due and whose job no live worker holds, at most `limit`. Those that `waiting`
   * names are looked at again later; the jobs of all others are made ready for another message.
   */
  async recover(
    limit: number,
    checkAfterMs: number,
    waiting: (overdue: readonly OverdueMessage[]) => Promise<ReadonlySet<string>>,
  ): Promise<void> {
    await this.inTransaction('BEGIN', async (client) => {
      const { rows: overdue } = await client.query<OverdueMessage>({
        name: 'overdue',
        text: relayStatements.overdue,
        values: [limit, queueNames],
      });
      if (overdue.length === 0) return;
      const later = await waiting(overdue);
      const ids = overdue.map(({ jobId }) => jobId);
      await client.query({
        name: 'postpone',
        text: `
          UPDATE jobs SET next_dispatch_at = now() + make_interval(secs => $2::float8 / 1000) WHERE id = ANY($1::uuid[])`,
        values: [ids.filter((id) => later.has(id)), checkAfterMs],
      });
      await client.query({
        name: 'make ready',
        // Whoever held it and only slept finds its lease gone. What died together more than once is sent apart: one of them
        // may be the death of the others.
        text: `
          WITH job AS (
            UPDATE jobs SET state = 'queued', lease = NULL, lease_until = NULL,
              dispatch = CASE WHEN apart THEN 'parked' ELSE 'ready' END,
              next_dispatch_at = CASE WHEN apart THEN now() + random() * interval '3 s' ELSE next_dispatch_at END,
              event_seq = event_seq + (was = 'running')::int
            FROM (
              SELECT id AS found, state AS was, state = 'running' AND attempts > 1 AS apart
              FROM jobs WHERE id = ANY($1::uuid[])
            ) AS before
            WHERE id = found RETURNING id, event_seq, was
          )
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job WHERE was = 'running'`,
        values: [ids.filter((id) => !later.has(id))],
      });
    });
  }

  /** The queues that operators have paused. */
  async paused(): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ name: string }>({
      name: 'paused',
      text: 'SELECT name FROM paused_queues',
    });
    return new Set(rows.map(({ name }) => name));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async inTransaction(begin: string, work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.pool.connect();
    let failure: Error | undefined;
    try {
      await client.query(begin);
      await work(client);
      await client.query('COMMIT');
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      // A connection that failed goes, and with it what it had begun.
      client.release(failure);
    }
  }
}
