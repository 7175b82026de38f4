import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { JobError } from './job.ts';
import { LeaseConnections, leaseSeconds } from './lease-connections.ts';
import type { LostAttempt } from './lost-attempt.ts';
import type { JobMessage } from './message.ts';

/** How a job ends without success. */
interface Ending {
  readonly state: 'dead' | 'cancelled';
  readonly error: JobError | null;
}

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
  /** The attempt before this one did not tell how it ended. */
  readonly takenOver: boolean;
}

/**
 * Why a message can't be claimed. stale: the job is finished, gone, or has a newer message. again: it could not be claimed
 * a moment ago, because the relay that sent it had not committed. later: another worker holds it, or the relay has still
 * not committed, and perhaps never will.
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
          FROM (SELECT id AS found, state AS was FROM jobs WHERE id = $1) AS before
          WHERE id = found AND dispatch_no = $2 AND dispatch = 'sent' AND attempts < max_attempts
            AND cancel_asked_at IS NULL AND (state = 'queued' OR state = 'running' AND lease_until < now())
          RETURNING id, type, owner_id, payload, attempts, request_id, traceparent, run_at, event_seq, was
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, 'state', jsonb_build_object('state', 'running', 'attempt', attempts) FROM job
        )
        SELECT id AS "jobId", type, owner_id AS "ownerId", payload, attempts AS attempt, request_id AS "requestId",
          traceparent, extract(epoch FROM now() - run_at)::float8 * 1000 AS "waitedMs", was = 'running' AS "takenOver"
        FROM job`,
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
          WHEN dispatch = 'done' THEN 'stale'
          WHEN dispatch_no < $2 THEN 'later'
          WHEN dispatch <> 'sent' OR dispatch_no > $2 THEN 'stale'
          WHEN state = 'running' AND lease_until >= now() THEN 'later'
          WHEN cancel_asked_at IS NOT NULL THEN 'cancelled'
          WHEN attempts >= max_attempts THEN 'exhausted'
          ELSE 'again' END AS verdict
        FROM jobs WHERE id = $1 FOR UPDATE NOWAIT`,
      values: [jobId, dispatchNo],
    });
    // The relay sends what it has read, and it reads what is committed: a row that is not there is there no more.
    return rows[0]?.verdict ?? 'stale';
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

  /**
   * Ends the job of a message that nobody can claim any more: its last attempt is over and has not told how, or it was
   * to stop. Undefined when the message says nothing of its row, or somebody holds it.
   */
  async end({ jobId, dispatchNo }: JobMessage, ending: Ending): Promise<LostAttempt | undefined> {
    const { rows } = await this.connections.leases.query<LostAttempt>({
      name: 'end',
      text: `
        WITH job AS (
          UPDATE jobs SET state = $3, dispatch = 'done', next_dispatch_at = NULL, lease = NULL, lease_until = NULL,
            error = coalesce($4::jsonb, error), finished_at = now(), event_seq = event_seq + 1
          WHERE id = $1 AND dispatch_no = $2 AND dispatch = 'sent' AND (lease_until IS NULL OR lease_until < now())
          RETURNING id, event_seq, type, attempts, request_id, traceparent
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, 'done', jsonb_build_object('state', $3::text, 'error', $4::jsonb) FROM job
        )
        SELECT id AS "jobId", type, attempts AS attempt, request_id AS "requestId", traceparent FROM job`,
      values: [jobId, dispatchNo, ending.state, ending.error === null ? null : JSON.stringify(ending.error)],
    });
    return rows[0];
  }
}
