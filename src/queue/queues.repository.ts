import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.ts';
import type { JobState, QueueName } from './job.ts';

/** How many of a queue's jobs are in one state. */
export interface QueueCount {
  readonly queue: QueueName;
  readonly state: JobState;
  readonly count: number;
  /** Age of the oldest that could run, in seconds; null unless the state is `queued`. */
  readonly oldestSeconds: number | null;
  readonly finishedLastMinute: number;
}

/** What the tables say of whole queues. */
@Injectable()
export class QueuesRepository {
  constructor(private readonly host: Transactions) {}

  /**
   * Counts all unfinished jobs, and those that finished in the last 24 hours: each branch reads a partial index, so
   * what was done long ago costs nothing.
   */
  async count(): Promise<QueueCount[]> {
    return await this.host.tx.$queryRaw<QueueCount[]>`
      WITH counted AS (
        SELECT queue, state, NULL::timestamptz AS waiting_since, finished_at FROM jobs WHERE dispatch = 'parked'
        UNION ALL SELECT queue, state, run_at, finished_at FROM jobs WHERE dispatch = 'ready'
        UNION ALL SELECT queue, state, run_at, finished_at FROM jobs WHERE dispatch = 'sent'
        UNION ALL SELECT queue, state, NULL, finished_at FROM jobs WHERE finished_at > now() - interval '24 hours'
      )
      SELECT queue, state, count(*)::int,
        extract(epoch FROM now() - min(waiting_since) FILTER (WHERE state = 'queued'))::float8 AS "oldestSeconds",
        count(*) FILTER (WHERE finished_at > now() - interval '1 minute')::int AS "finishedLastMinute"
      FROM counted GROUP BY queue, state`;
  }

  async findPaused(): Promise<ReadonlySet<string>> {
    const rows = await this.host.tx.pausedQueue.findMany({ select: { name: true } });
    return new Set(rows.map(({ name }) => name));
  }

  /** Keeps the relay from sending to a queue. False when it was paused before. */
  async pause(name: QueueName): Promise<boolean> {
    const { count } = await this.host.tx.pausedQueue.createMany({ data: [{ name }], skipDuplicates: true });
    return count === 1;
  }

  /** False when it was not paused. */
  async resume(name: QueueName): Promise<boolean> {
    const { count } = await this.host.tx.pausedQueue.deleteMany({ where: { name } });
    return count === 1;
  }
}
