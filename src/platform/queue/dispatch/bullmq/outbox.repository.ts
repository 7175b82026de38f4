import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { InternalPool } from '../../../database/internal-pool.ts';
import type { PoolShare } from '../../../database/shared-pool.ts';
import type { QueueName } from '../../job.ts';
import { queueNames } from '../../job.ts';
import type { RescuedJob } from '../../execution/attempt-log.ts';
import { beginTransaction, promoteDelayed } from '../delivery-statements.repository.ts';
import { outboxStatements } from './outbox-statements.repository.ts';
import type { JobMessage, MessageCounts, OutgoingMessage } from './transport.ts';

/** A published message that no worker has claimed in time. */
export interface OverdueDelivery extends JobMessage {
  readonly queue: QueueName;
  /** A worker had begun the job, and its lease has expired. */
  readonly abandoned: boolean;
}

/** One dispatch of a queue. */
export interface Dispatch {
  readonly queue: QueueName;
  /** The types that this build knows. */
  readonly types: readonly string[];
  /** A message that no worker has claimed for this long is checked. */
  readonly checkAfterMs: number;
  /** Counts the queue's messages. */
  readonly count: () => Promise<MessageCounts>;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
}

/** A transaction that waits for BullMQ sends a statement this often, so that it is not idle for too long. */
const keepAliveIntervalMs = 500;

/** The first half of the numbers of this class's advisory locks; the second is the queue's. */
const lockClass = 0x706c6e74;

/**
 * The relay's access to the table of jobs. It has connections of its own, one for each queue: jobs are dispatched even
 * while requests hold every connection of the main pool.
 */
@Injectable()
export class OutboxRepository {
  private readonly connections: PoolShare;

  constructor({ direct }: InternalPool) {
    this.connections = direct.share(queueNames.length);
  }

  /** Makes delayed jobs ready that are due, at most `limit`. */
  async promoteDelayed(limit: number): Promise<void> {
    await this.connections.query({
      name: 'promote delayed jobs',
      text: promoteDelayed,
      values: [limit],
    });
  }

  /**
   * Passes the next ready jobs of a queue to `publish`, by priority, then by turns between owners, then by age, as many as
   * may wait, and commits when it has ended. Waits for other processes that send to this queue, so that the limit holds.
   */
  async dispatch({ queue, types, checkAfterMs, count, publish }: Dispatch): Promise<void> {
    const begin = `${beginTransaction}; SELECT pg_advisory_xact_lock(${lockClass}, ${queueNames.indexOf(queue)})`;
    await this.inTransaction(begin, async (client) => {
      // Under the lock, so that it counts what the previous holder has sent.
      const { waiting, running } = await count();
      const { rows: messages } = await client.query<OutgoingMessage>({
        name: 'dispatch',
        text: outboxStatements.dispatch,
        values: [queue, checkAfterMs, types, waiting, running],
      });
      if (messages.length > 0) await publish(messages);
    });
  }

  /**
   * Delays jobs of other types than these, which perhaps a newer build sends: among the pending jobs, each dispatch would
   * read them again. Reads the next `limit` of each queue.
   */
  async delayUnknown(types: readonly string[], limit: number): Promise<void> {
    for (const queue of queueNames) {
      await this.connections.query({
        name: 'delay unknown',
        text: outboxStatements.delayUnknown,
        values: [queue, types, limit],
      });
    }
  }

  /**
   * Rescuer: checks overdue messages whose job has no valid lease, at most `limit`. Those whose job id `waiting`
   * returns are postponed by `checkAfterMs`; the jobs of all others become ready, or cancelled where that was
   * requested. Returns the attempts that this has ended.
   */
  async rescue(
    limit: number,
    checkAfterMs: number,
    waiting: (overdue: readonly OverdueDelivery[]) => Promise<ReadonlySet<string>>,
  ): Promise<readonly RescuedJob[]> {
    return await this.inTransaction(beginTransaction, async (client) => {
      const { rows: overdue } = await client.query<OverdueDelivery>({
        name: 'overdue',
        text: outboxStatements.overdue,
        values: [limit, queueNames],
      });
      if (overdue.length === 0) return [];
      const postponed = await waiting(overdue);
      const ids = overdue.map(({ jobId }) => jobId);
      await client.query({
        name: 'postpone overdue',
        text: `
          UPDATE jobs SET next_delivery_at = now() + make_interval(secs => $2::float8 / 1000) WHERE id = ANY($1::uuid[])`,
        values: [ids.filter((id) => postponed.has(id)), checkAfterMs],
      });
      const { rows } = await client.query<RescuedJob>({
        name: 'make ready',
        text: outboxStatements.makeReady,
        values: [ids.filter((id) => !postponed.has(id))],
      });
      return rows;
    });
  }

  /** The queues that operators have paused. */
  async paused(): Promise<ReadonlySet<string>> {
    const { rows } = await this.connections.query<{ name: string }>({
      name: 'paused',
      text: 'SELECT name FROM paused_queues',
    });
    return new Set(rows.map(({ name }) => name));
  }

  /** A failed transaction is rolled back with its connection, which is closed. */
  private async inTransaction<T>(begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return await this.connections.withConnection(async (client) => {
      await client.query(begin);
      const keepAlive = setInterval(() => {
        // The next statement of the transaction throws when the connection is lost.
        client.query('SELECT 1').catch(() => undefined);
      }, keepAliveIntervalMs);
      try {
        const result = await work(client);
        clearInterval(keepAlive);
        await client.query('COMMIT');
        return result;
      } finally {
        clearInterval(keepAlive);
      }
    });
  }
}
