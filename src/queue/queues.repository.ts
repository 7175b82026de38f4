import { Injectable } from '@nestjs/common';
import { Prisma } from '../database/generated/client.ts';
import { Transactions } from '../database/transactions.ts';
import type { JobState, QueueName } from './job.ts';
import { queueNames } from './job.ts';

/** How many of a queue's jobs are in one state. */
interface QueueCount {
  readonly queue: QueueName;
  readonly state: JobState;
  readonly count: number;
  /** Age of the oldest that could run, in seconds; null unless the state is `queued`. */
  readonly oldestSeconds: number | null;
  readonly finishedLastMinute: number;
}

/** What queues hold. */
export interface QueueCounts {
  readonly counts: readonly QueueCount[];
  /** Otherwise there are more of some kind than are counted. */
  readonly areExact: boolean;
}

/** So many jobs that wait for their time, wait in one queue, or have finished are counted. */
const countedMax = 100_000;

/** What the tables say of whole queues. */
@Injectable()
export class QueuesRepository {
  constructor(private readonly host: Transactions) {}

  /**
   * Counts unfinished jobs, and those that finished in the last 24 hours. Each branch reads a range of a partial index, and
   * no more than `most` entries of it: what was done long ago costs nothing, and a backlog of millions not much.
   */
  async count(most = countedMax): Promise<QueueCounts> {
    const ready = queueNames.map(
      (name) => Prisma.sql`(
        SELECT ${`ready ${name}`}, queue, state, run_at, finished_at FROM jobs
        WHERE dispatch = 'ready' AND queue = ${name} ORDER BY priority, id LIMIT ${most + 1})`,
    );
    const rows = await this.host.tx.$queryRaw<(QueueCount & { isCut: boolean })[]>`
      WITH counted (branch, queue, state, waiting_since, finished_at) AS (
        (
          SELECT 'parked', queue, state, NULL::timestamptz, finished_at FROM jobs
          WHERE dispatch = 'parked' ORDER BY next_dispatch_at LIMIT ${most + 1}
        ) UNION ALL ${Prisma.join(ready, ' UNION ALL ')} UNION ALL (
          SELECT 'sent', queue, state, run_at, finished_at FROM jobs WHERE dispatch = 'sent'
        ) UNION ALL (
          SELECT 'finished', queue, state, NULL, finished_at FROM jobs
          WHERE finished_at > now() - interval '24 hours' ORDER BY finished_at DESC LIMIT ${most + 1}
        )
      )
      SELECT queue, state, count(*)::int,
        extract(epoch FROM now() - min(waiting_since) FILTER (WHERE state = 'queued'))::float8 AS "oldestSeconds",
        count(*) FILTER (WHERE finished_at > now() - interval '1 minute')::int AS "finishedLastMinute",
        EXISTS (SELECT FROM counted GROUP BY branch HAVING count(*) > ${most}) AS "isCut"
      FROM counted GROUP BY queue, state`;
    return { counts: rows, areExact: !rows.some(({ isCut }) => isCut) };
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
