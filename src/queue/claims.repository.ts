import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LeaseConnections, leaseSeconds } from './lease-connections.ts';
import type { JobMessage } from './message.ts';

/** An attempt that a worker may begin. */
export interface Claim {
  readonly jobId: string;
  readonly type: string;
  readonly ownerId: string | null;
  readonly payload: unknown;
  readonly attempt: number;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  readonly waitedMs: number;
}

/**
 * Why a message can't be claimed. stale: the job is finished or has a newer message. again: it could not be claimed a
 * moment ago, because the relay that sent it had not committed. later: another worker holds it, or its row is not there
 * yet.
 */
export type Unclaimable = 'stale' | 'again' | 'later' | 'exhausted' | 'cancelled';

/** SQLSTATE of NOWAIT's refusal. */
const lockNotAvailable = '55P03';
const explainTries = 20;
const explainEveryMs = 10;

/** What a worker does with a message before it runs its job: takes the job up, finds out why it can't, or puts it off. */
@Injectable()
export class ClaimsRepository {
  constructor(private readonly connections: LeaseConnections) {}

  /** Begins an attempt: one more is counted, the lease is taken, the event is written, in one statement. */
  async claim({ jobId, dispatchNo }: JobMessage, lease: string): Promise<Claim | undefined> {
    const { rows } = await this.connections.leases.query<Claim>({
      name: 'claim',
      text: `
        WITH job AS (
          UPDATE jobs SET state = 'running', attempts = attempts + 1, lease = $3, event_seq = event_seq + 1,
            lease_until = now() + make_interval(secs => ${leaseSeconds}), started_at = coalesce(started_at, now())
          WHERE id = $1 AND dispatch_no = $2 AND dispatch = 'sent' AND attempts < max_attempts
            AND cancel_asked_at IS NULL AND (state = 'queued' OR state = 'running' AND lease_until < now())
          RETURNING id, type, owner_id, payload, attempts, request_id, traceparent, run_at, event_seq
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, 'state', jsonb_build_object('state', 'running', 'attempt', attempts) FROM job
        )
        SELECT id AS "jobId", type, owner_id AS "ownerId", payload, attempts AS attempt, request_id AS "requestId",
          traceparent, extract(epoch FROM now() - run_at)::float8 * 1000 AS "waitedMs" FROM job`,
      values: [jobId, dispatchNo, lease],
    });
    return rows[0];
  }

  /**
   * Why a claim came back empty. Waits a moment for the relay that is committing the row, for a fast worker overtakes it;
   * one that has been stopped meanwhile keeps nobody waiting.
   */
  async explain(message: JobMessage): Promise<Unclaimable> {
    for (let patience = explainTries; patience > 0; patience -= 1) {
      try {
        return await this.explainNow(message);
      } catch (error) {
        if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
        await delay(explainEveryMs);
      }
    }
    return 'later';
  }

  private async explainNow({ jobId, dispatchNo }: JobMessage): Promise<Unclaimable> {
    const { rows } = await this.connections.leases.query<{ verdict: Unclaimable }>({
      name: 'explain',
      text: `
        SELECT CASE
          WHEN dispatch_no < $2 THEN 'later'
          WHEN dispatch <> 'sent' OR dispatch_no > $2 THEN 'stale'
          WHEN state = 'running' AND lease_until >= now() THEN 'later'
          WHEN cancel_asked_at IS NOT NULL THEN 'cancelled'
          WHEN attempts >= max_attempts THEN 'exhausted'
          ELSE 'again' END AS verdict
        FROM jobs WHERE id = $1 FOR UPDATE NOWAIT`,
      values: [jobId, dispatchNo],
    });
    // A row that is not there yet belongs to a transaction that has not committed.
    return rows[0]?.verdict ?? 'later';
  }

  /**
   * Gives a message back whose job this build can't run: the row is parked for a while, without an attempt. False when
   * the message says nothing of its row any more.
   */
  async postpone({ jobId, dispatchNo }: JobMessage, forMs: number): Promise<boolean> {
    const { rowCount } = await this.connections.leases.query({
      name: 'postpone',
      text: `
        UPDATE jobs SET dispatch = 'parked', next_dispatch_at = now() + make_interval(secs => $3::float8 / 1000)
        WHERE id = $1 AND dispatch_no = $2 AND dispatch = 'sent' AND state = 'queued'`,
      values: [jobId, dispatchNo, forMs],
    });
    return rowCount === 1;
  }
}
