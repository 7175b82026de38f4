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

/** What a worker writes of the jobs that it holds, and of those that nobody holds any more. */
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
   * Parks a failed job for its next attempt, or buries it when none is left or trying again is of no use. False when the
   * lease is lost.
   */
  async fail(jobId: string, lease: string, failure: { error: JobError; retryInMs: number | null }): Promise<boolean> {
    const { rowCount } = await this.connections.leases.query({
      name: 'fail',
      text: `
        WITH job AS (
          UPDATE jobs SET lease = NULL, lease_until = NULL, error = $3, event_seq = event_seq + 1,
            state = CASE WHEN again THEN 'queued' ELSE 'dead' END,
            dispatch = CASE WHEN again THEN 'parked' ELSE 'done' END,
            next_dispatch_at = CASE WHEN again THEN now() + make_interval(secs => $4::float8 / 1000) END,
            finished_at = CASE WHEN again THEN NULL ELSE now() END
          FROM (SELECT id AS candidate, attempts < max_attempts AND $4::float8 IS NOT NULL AS again FROM jobs WHERE id = $1) c
          WHERE id = candidate AND lease = $2 RETURNING id, event_seq, state, attempts
        )
        INSERT INTO job_events (job_id, seq, kind, data)
        SELECT id, event_seq, CASE state WHEN 'dead' THEN 'done' ELSE 'state' END,
          jsonb_build_object('state', state, 'attempt', attempts, 'error', $3::jsonb) FROM job`,
      values: [jobId, lease, JSON.stringify(failure.error), failure.retryInMs],
    });
    return rowCount === 1;
  }

  /**
   * Gives a job back whose process ends: the attempt does not count, another worker takes it at once. False when the
   * lease is lost.
   */
  async release(jobId: string, lease: string): Promise<boolean> {
    const { rowCount } = await this.connections.leases.query({
      name: 'release',
      text: `
        WITH job AS (
          UPDATE jobs SET state = 'queued', dispatch = 'ready', next_dispatch_at = now(), attempts = attempts - 1,
            lease = NULL, lease_until = NULL, event_seq = event_seq + 1
          WHERE id = $1 AND lease = $2 RETURNING id, event_seq
        )
        INSERT INTO job_events (job_id, seq, kind, data) SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job`,
      values: [jobId, lease],
    });
    return rowCount === 1;
  }

  /**
   * Ends a job without success: `lease` is its holder's, or null when nobody holds it any more. False when somebody else
   * holds it.
   */
  async end(
    jobId: string,
    lease: string | null,
    ending: { state: 'dead' | 'cancelled'; error: JobError | null },
  ): Promise<boolean> {
    const { rowCount } = await this.connections.leases.query({
      name: 'end',
      text: `
        WITH job AS (
          UPDATE jobs SET state = $3, dispatch = 'done', next_dispatch_at = NULL, lease = NULL, lease_until = NULL,
            error = coalesce($4::jsonb, error), finished_at = now(), event_seq = event_seq + 1
          WHERE id = $1 AND dispatch = 'sent' AND (lease = $2::uuid OR $2 IS NULL AND (lease_until IS NULL OR lease_until < now()))
          RETURNING id, event_seq
        )
        INSERT INTO job_events (job_id, seq, kind, data)
        SELECT id, event_seq, 'done', jsonb_build_object('state', $3::text, 'error', $4::jsonb) FROM job`,
      values: [jobId, lease, ending.state, ending.error === null ? null : JSON.stringify(ending.error)],
    });
    return rowCount === 1;
  }
}
