import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';
import type { JobState, QueueName } from '../job.ts';
import { queueNames } from '../job.ts';

/** The number of a queue's jobs in one state. */
interface QueueCount {
  readonly queue: QueueName;
  readonly state: JobState;
  readonly count: number;
  /** Seconds since the oldest job was due; null unless the state is `queued`. */
  readonly oldestSeconds: number | null;
  readonly finishedLastMinute: number;
}

/** The jobs of all queues, counted. */
export interface QueueCounts {
  readonly counts: readonly QueueCount[];
  /** False when a state has more jobs than are counted. */
  readonly areExact: boolean;
}

/** The most jobs that are counted of each kind: scheduled, queued in one queue, or finished. */
const maxCounted = 100_000;

/** Counts and pauses whole queues. */
@Injectable()
export class QueuesRepository {
  constructor(private readonly db: Transactions) {}

  /**
   * Counts unfinished jobs, and those that finished in the last 24 hours. Each branch reads at most `limit` entries of
   * one range of a partial index: neither old jobs nor a backlog of millions make it slow.
   */
  async count(limit = maxCounted): Promise<QueueCounts> {
    const ready = queueNames.map(
      (name) => Prisma.sql`(
        SELECT ${`ready ${name}`}, queue, state, run_at, finished_at FROM jobs
        WHERE delivery = 'pending' AND queue = ${name} ORDER BY priority, fair_at, id LIMIT ${limit + 1})`,
    );
    const rows = await this.db.tx.$queryRaw<(QueueCount & { isCut: boolean })[]>`
      WITH counted (branch, queue, state, waiting_since, finished_at) AS (
        (
          SELECT 'delayed', queue, state, NULL::timestamptz, finished_at FROM jobs
          WHERE delivery = 'delayed' ORDER BY next_delivery_at LIMIT ${limit + 1}
        ) UNION ALL ${Prisma.join(ready, ' UNION ALL ')} UNION ALL (
          SELECT 'published', queue, state, run_at, finished_at FROM jobs WHERE delivery = 'published'
        ) UNION ALL (
          SELECT 'limited', queue, state, run_at, finished_at FROM jobs
          WHERE delivery = 'limited' ORDER BY limited_by, priority, fair_at, id LIMIT ${limit + 1}
        ) UNION ALL (
          SELECT 'finished', queue, state, NULL, finished_at FROM jobs
          WHERE finished_at > now() - interval '24 hours' ORDER BY finished_at DESC LIMIT ${limit + 1}
        )
      )
      SELECT queue, state, count(*)::int,
        extract(epoch FROM now() - min(waiting_since) FILTER (WHERE state = 'queued'))::float8 AS "oldestSeconds",
        count(*) FILTER (WHERE finished_at > now() - interval '1 minute')::int AS "finishedLastMinute",
        EXISTS (SELECT FROM counted GROUP BY branch HAVING count(*) > ${limit}) AS "isCut"
      FROM counted GROUP BY queue, state`;
    return { counts: rows, areExact: !rows.some(({ isCut }) => isCut) };
  }

  async findPaused(): Promise<ReadonlySet<string>> {
    const rows = await this.db.tx.pausedQueue.findMany({ select: { name: true } });
    return new Set(rows.map(({ name }) => name));
  }

  /** Stops new jobs of a queue from starting. Returns false when it was paused already. */
  async pause(name: QueueName): Promise<boolean> {
    const { count } = await this.db.tx.pausedQueue.createMany({ data: [{ name }], skipDuplicates: true });
    return count === 1;
  }

  /** Returns false when the queue was not paused. */
  async resume(name: QueueName): Promise<boolean> {
    const { count } = await this.db.tx.pausedQueue.deleteMany({ where: { name } });
    return count === 1;
  }
}
