import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.ts';
import type { QueueName } from './job.ts';
import type { OutgoingMessage } from './transport.ts';

/** A sent message that nobody has heard of for a while. */
export interface OverdueMessage extends OutgoingMessage {
  readonly queue: QueueName;
  /** A worker had begun the job, and its lease has run out. */
  readonly abandoned: boolean;
}

/** The relay's questions to the table of jobs; each has a partial index of its own. */
@Injectable()
export class RelayRepository {
  constructor(private readonly host: Transactions) {}

  /** Makes parked jobs ready whose time has come, at most `limit`. Returns how many. */
  async unpark(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      UPDATE jobs SET dispatch = 'ready', state = 'queued'
      WHERE id IN (
        SELECT id FROM jobs WHERE dispatch = 'parked' AND next_dispatch_at <= now()
        ORDER BY next_dispatch_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )`;
  }

  /** Lets one relay at a time send to a queue; the lock ends with the transaction. */
  async lock(queue: QueueName): Promise<void> {
    await this.host.tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('plinth relay ' || ${queue}, 0))`;
  }

  /** How many messages of a queue are outstanding; null while the queue is paused. */
  async outstanding(queue: QueueName): Promise<number | null> {
    const [row] = await this.host.tx.$queryRaw<{ outstanding: number; paused: boolean }[]>`
      SELECT (SELECT count(*)::int FROM jobs WHERE dispatch = 'sent' AND queue = ${queue}) AS outstanding,
        EXISTS (SELECT FROM paused_queues WHERE name = ${queue}) AS paused`;
    return row === undefined || row.paused ? null : row.outstanding;
  }

  /** Takes the next ready jobs as messages: sooner priorities first, then older ones. */
  async take(queue: QueueName, limit: number, checkAfterMs: number): Promise<OutgoingMessage[]> {
    return await this.host.tx.$queryRaw<OutgoingMessage[]>`
      UPDATE jobs SET dispatch = 'sent', dispatch_no = dispatch_no + 1,
        next_dispatch_at = now() + make_interval(secs => ${checkAfterMs / 1000})
      WHERE id IN (
        SELECT id FROM jobs WHERE dispatch = 'ready' AND queue = ${queue}
        ORDER BY priority, id LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )
      RETURNING id AS "jobId", dispatch_no AS "dispatchNo", type`;
  }

  /** Sent messages whose check is due and whose job no live worker holds, locked. */
  async lockOverdue(limit: number): Promise<OverdueMessage[]> {
    return await this.host.tx.$queryRaw<OverdueMessage[]>`
      SELECT id AS "jobId", dispatch_no AS "dispatchNo", type, queue, state = 'running' AS abandoned FROM jobs
      WHERE dispatch = 'sent' AND next_dispatch_at <= now() AND (lease_until IS NULL OR lease_until < now())
        AND queue IN ('default', 'heavy')
      ORDER BY next_dispatch_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
  }

  /** The message is still there: look again later. */
  async postpone(jobIds: readonly string[], checkAfterMs: number): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE jobs SET next_dispatch_at = now() + make_interval(secs => ${checkAfterMs / 1000})
      WHERE id = ANY(${jobIds}::uuid[])`;
  }

  /** The message is gone, or of no use any more: let the job have another one. */
  async makeReady(jobIds: readonly string[]): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE jobs SET dispatch = 'ready', state = 'queued' WHERE id = ANY(${jobIds}::uuid[]) AND dispatch = 'sent'`;
  }
}
