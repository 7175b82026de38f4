import { Injectable } from '@nestjs/common';
import { transactionConnection } from '../database/transaction-connection.ts';
import type { JobError, JobProgress } from './job.ts';
import { LeaseConnections, leaseSeconds } from './lease-connections.ts';

/** On the transaction's own connection: it is sent with every job. */
const succeed = {
  name: 'succeed',
  text: `
    WITH job AS (
      UPDATE jobs SET state = 'succeeded', dispatch = 'done', next_dispatch_at = NULL, lease = NULL,
        lease_until = NULL, result = $3::jsonb, error = NULL, finished_at = now(), event_seq = event_seq + 1
      WHERE id = $1 AND lease = $2 RETURNING id, event_seq
    )
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, event_seq, 'done', jsonb_build_object('state', 'succeeded', 'result', $3::jsonb) FROM job RETURNING seq`,
};

/** What became of a job whose attempt did not succeed; undefined: somebody else decides, for the lease was lost. */
export type Fate = 'queued' | 'dead' | 'cancelled' | undefined;

/** What a worker writes of the jobs that it holds. */
@Injectable()
export class LeasesRepository {
  constructor(private readonly connections: LeaseConnections) {}

  /** Prolongs a lease. Undefined when it is lost. */
  async beat(jobId: string, lease: string): Promise<{ readonly cancelAsked: boolean } | undefined> {
    const { rows } = await this.connections.beats.query<{ cancelAsked: boolean }>({
      name: 'beat',
      text: `
        UPDATE jobs SET lease_until = now() + make_interval(secs => ${leaseSeconds})
        WHERE id = $1 AND lease = $2 RETURNING cancel_asked_at IS NOT NULL AS "cancelAsked"`,
      values: [jobId, lease],
    });
    return rows[0];
  }

  async progress(jobId: string, lease: string, progress: JobProgress): Promise<void> {
    await this.connections.leases.query({
      name: 'progress',
      text: `
        WITH job AS (
          UPDATE jobs SET progress = $3, event_seq = event_seq + 1 WHERE id = $1 AND lease = $2 RETURNING id, event_seq
        )
        INSERT INTO job_events (job_id, seq, kind, data) SELECT id, event_seq, 'progress', $3::jsonb FROM job`,
      values: [jobId, lease, JSON.stringify(progress)],
    });
  }

  /** Marks the job as succeeded, with its result as JSON, in the transaction that is open. False when the lease is lost: roll back then. */
  async succeed(jobId: string, lease: string, json: string): Promise<boolean> {
    const rows = await transactionConnection().query(succeed, [jobId, lease, json]);
    return rows.length === 1;
  }

  /**
   * Parks a failed job for its next attempt, or buries it when none is left or trying again is of no use. One that was
   * asked to stop is cancelled instead. Returns what became of it; undefined when the lease is lost.
   */
  async fail(jobId: string, lease: string, failure: { error: JobError; retryInMs: number | null }): Promise<Fate> {
    const { rows } = await this.connections.leases.query<{ fate: Fate }>({
      name: 'fail',
      // The lock first: a request to stop that commits meanwhile is seen.
      text: `
        WITH held AS (
          SELECT id, CASE WHEN cancel_asked_at IS NOT NULL THEN 'cancelled'
            WHEN attempts < max_attempts AND $4::float8 IS NOT NULL THEN 'queued' ELSE 'dead' END AS fate
          FROM jobs WHERE id = $1 AND lease = $2 FOR UPDATE
        ), job AS (
          UPDATE jobs SET lease = NULL, lease_until = NULL, event_seq = event_seq + 1, state = fate,
            error = CASE fate WHEN 'cancelled' THEN error ELSE $3::jsonb END,
            dispatch = CASE fate WHEN 'queued' THEN 'parked' ELSE 'done' END,
            next_dispatch_at = CASE fate WHEN 'queued' THEN now() + make_interval(secs => $4::float8 / 1000) END,
            finished_at = CASE fate WHEN 'queued' THEN NULL ELSE now() END
          FROM held WHERE jobs.id = held.id RETURNING jobs.id, event_seq, fate, attempts
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, CASE fate WHEN 'queued' THEN 'state' ELSE 'done' END, CASE fate
            WHEN 'cancelled' THEN '{"state": "cancelled", "error": null}'::jsonb
            ELSE jsonb_build_object('state', fate, 'attempt', attempts, 'error', $3::jsonb) END FROM job
        )
        SELECT fate FROM job`,
      values: [jobId, lease, JSON.stringify(failure.error), failure.retryInMs],
    });
    return rows[0]?.fate;
  }

  /**
   * Gives a job back whose process ends: the attempt does not count, another worker takes it at once. One that was asked
   * to stop is cancelled instead. Returns what became of it; undefined when the lease is lost.
   */
  async release(jobId: string, lease: string): Promise<Exclude<Fate, 'dead'>> {
    const { rows } = await this.connections.leases.query<{ fate: 'queued' | 'cancelled' }>({
      name: 'release',
      text: `
        WITH held AS (
          SELECT id, CASE WHEN cancel_asked_at IS NULL THEN 'queued' ELSE 'cancelled' END AS fate
          FROM jobs WHERE id = $1 AND lease = $2 FOR UPDATE
        ), job AS (
          UPDATE jobs SET state = fate, lease = NULL, lease_until = NULL, event_seq = event_seq + 1,
            dispatch = CASE fate WHEN 'queued' THEN 'ready' ELSE 'done' END,
            next_dispatch_at = CASE fate WHEN 'queued' THEN now() END,
            attempts = attempts - (fate = 'queued')::int,
            finished_at = CASE fate WHEN 'cancelled' THEN now() END
          FROM held WHERE jobs.id = held.id RETURNING jobs.id, event_seq, fate
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, CASE fate WHEN 'queued' THEN 'state' ELSE 'done' END, jsonb_build_object('state', fate)
          FROM job
        )
        SELECT fate FROM job`,
      values: [jobId, lease],
    });
    return rows[0]?.fate;
  }
}
