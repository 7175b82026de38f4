import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { directPool } from '../database/direct-pool.ts';
import type { QueueName } from './job.ts';
import { queueNames } from './job.ts';
import type { LostAttempt } from './lost-attempt.ts';
import type { JobMessage } from './message.ts';
import { relayStatements } from './relay-statements.repository.ts';
import type { OutgoingMessage } from './transport.ts';

/** A sent message that nobody has heard of for a while. */
export interface OverdueMessage extends JobMessage {
  readonly queue: QueueName;
  /** A worker had begun the job, and its lease has run out. */
  readonly abandoned: boolean;
}

/** An attempt whose worker has died, and what became of its job. */
export interface EndedUnheard extends LostAttempt {
  readonly state: 'queued' | 'cancelled';
  /** There is no further one. */
  readonly isLast: boolean;
}

/** Limits of one dispatch. */
export interface DispatchLimits {
  /** Messages of the queue that may be outstanding afterwards. */
  readonly outstandingMax: number;
  /** A message that nobody claimed for this long is looked for. */
  readonly checkAfterMs: number;
}

/**
 * A transaction of the relay that says nothing for so long is ended by the server: its process was stopped, and would keep
 * all others from sending. One that waits for the queue's store says every half second that it is alive.
 */
const silenceMaxMs = 2000;
const signEveryMs = 500;

/** The first half of the numbers of this class's advisory locks; the second is the queue's. */
const lockClass = 0x706c6e74;

/**
 * The relay's side of the table of jobs; each question has a partial index of its own. It has connections of its own,
 * one for each queue: work is handed on even while requests hold all those of the pool.
 */
@Injectable()
export class RelayRepository {
  private readonly pool: Pool;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    const settings = {
      idle_in_transaction_session_timeout: silenceMaxMs,
      // What a crash of the server takes back is sent again under the same number.
      synchronous_commit: 'off',
    };
    this.pool = directPool(config, { max: queueNames.length, settings });
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
   * names are looked at again later; the jobs of all others are made ready for another message, or cancelled where
   * somebody has asked for that. Returns the attempts that this has ended.
   */
  async recover(
    limit: number,
    checkAfterMs: number,
    waiting: (overdue: readonly OverdueMessage[]) => Promise<ReadonlySet<string>>,
  ): Promise<readonly EndedUnheard[]> {
    return await this.inTransaction('BEGIN', async (client) => {
      const { rows: overdue } = await client.query<OverdueMessage>({
        name: 'overdue',
        text: relayStatements.overdue,
        values: [limit, queueNames],
      });
      if (overdue.length === 0) return [];
      const later = await waiting(overdue);
      const ids = overdue.map(({ jobId }) => jobId);
      await client.query({
        name: 'postpone',
        text: `
          UPDATE jobs SET next_dispatch_at = now() + make_interval(secs => $2::float8 / 1000) WHERE id = ANY($1::uuid[])`,
        values: [ids.filter((id) => later.has(id)), checkAfterMs],
      });
      const { rows } = await client.query<EndedUnheard>({
        name: 'make ready',
        text: relayStatements.makeReady,
        values: [ids.filter((id) => !later.has(id))],
      });
      return rows;
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

  private async inTransaction<T>(begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let failure: Error | undefined;
    let signs: NodeJS.Timeout | undefined;
    try {
      await client.query(begin);
      signs = setInterval(() => {
        // Whatever is asked next is told of a lost connection.
        client.query('SELECT 1').catch(() => undefined);
      }, signEveryMs);
      const result = await work(client);
      clearInterval(signs);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      clearInterval(signs);
      // A connection that failed goes, and with it what it had begun.
      client.release(failure);
    }
  }
}
