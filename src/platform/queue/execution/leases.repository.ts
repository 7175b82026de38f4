import { Injectable } from '@nestjs/common';
import { currentTransactionClient } from '../../database/transaction-client.ts';
import { hasCode } from '../../database/migrations/postgres-errors.ts';
import type { JobError, JobProgress } from '../job.ts';
import { QueueTimings } from '../queue-timings.ts';
import { LeaseConnections } from './lease-connections.ts';

/** The end of an attempt that has succeeded. */
export interface Success {
  readonly jobId: string;
  readonly lease: string;
  /** The result as JSON. */
  readonly json: string;
}

/** The assignments of a job that has succeeded: its transaction began before the handler ran. */
const succeeded = (result: string): string => `state = 'succeeded', delivery = 'done', next_delivery_at = NULL,
  lease = NULL, lease_expires_at = NULL, result = ${result}, error = NULL,
  finished_at = clock_timestamp(), event_seq = event_seq + 1`;

/** Writes the event of each row of `job`. */
const writeDone = `
  INSERT INTO job_events (job_id, seq, kind, data)
  SELECT id, event_seq, 'done', jsonb_build_object('state', 'succeeded', 'result', result) FROM job`;

/** Prepared on the connection of the job's transaction. Fails when the lease is lost, which no COMMIT can follow. */
const succeed = {
  name: 'succeed',
  text: `
    WITH job AS (
      UPDATE jobs SET ${succeeded('$3::jsonb')} WHERE id = $1 AND lease = $2 RETURNING id, event_seq, result
    ), event AS (${writeDone})
    SELECT 1 / count(*) FROM job`,
};

/** Fails when the lease is lost, and otherwise keeps it until the COMMIT. */
const hold = {
  name: 'hold',
  text: `
    WITH job AS (SELECT FROM jobs WHERE id = $1 AND lease = $2 FOR NO KEY UPDATE) SELECT 1 / count(*) FROM job`,
};

const divisionByZero = '22012';

/**
 * State of a job after an attempt that did not succeed; undefined when the lease was lost and another worker decides.
 */
export type NextState = 'queued' | 'dead' | 'cancelled' | undefined;

/** Writes the jobs whose lease this process holds. Fencing: each statement has the lease as a condition. */
@Injectable()
export class LeasesRepository {
  constructor(
    private readonly connections: LeaseConnections,
    private readonly timings: QueueTimings,
  ) {}

  /** Renews a lease. Returns undefined when it is lost. */
  async heartbeat(jobId: string, lease: string): Promise<{ readonly isCancelRequested: boolean } | undefined> {
    const { rows } = await this.connections.heartbeats.query<{ isCancelRequested: boolean }>({
      name: 'heartbeat',
      text: `
        UPDATE jobs SET lease_expires_at = now() + make_interval(secs => $3::float8)
        WHERE id = $1 AND lease = $2 RETURNING cancel_requested_at IS NOT NULL AS "isCancelRequested"`,
      values: [jobId, lease, this.timings.leaseSeconds],
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

  /**
   * Marks the job as succeeded in the current transaction, together with its COMMIT. When the lease is lost, the
   * transaction rolls back, and the call that opened it throws an error that `isLeaseLost` recognises.
   */
  succeedAtCommit({ jobId, lease, json }: Success): void {
    currentTransactionClient().executeBeforeCommit(succeed, [jobId, lease, json]);
  }

  /** Makes the current transaction roll back at its COMMIT when the lease is lost. */
  holdAtCommit(jobId: string, lease: string): void {
    currentTransactionClient().executeBeforeCommit(hold, [jobId, lease]);
  }

  /** Whether `succeedAtCommit` has failed because the lease is lost. */
  isLeaseLost(error: unknown): boolean {
    return hasCode(error, divisionByZero);
  }

  /** Marks jobs as succeeded by one statement. Returns the ids of those whose lease was not lost. */
  async succeedAll(successes: readonly Success[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.connections.leases.query<{ id: string }>({
      name: 'succeed all',
      text: `
        WITH outcome AS (
          SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS outcome (job_id, held, json)
        ), job AS (
          UPDATE jobs SET ${succeeded('json::jsonb')} FROM outcome WHERE id = job_id AND lease = held
          RETURNING id, event_seq, result
        ), event AS (${writeDone})
        SELECT id FROM job`,
      values: [
        successes.map(({ jobId }) => jobId),
        successes.map(({ lease }) => lease),
        successes.map(({ json }) => json),
      ],
    });
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Delays a failed job until its next attempt, or marks it as dead when none is left or `retryInMs` is null. A job
   * whose cancellation was requested is cancelled instead. Returns the new state; undefined when the lease is lost.
   */
  async fail(jobId: string, lease: string, failure: { error: JobError; retryInMs: number | null }): Promise<NextState> {
    const { rows } = await this.connections.leases.query<{ state: NextState }>({
      name: 'fail',
      // Locks first, so that a cancellation that commits in the meantime is seen.
      text: `
        WITH held AS (
          SELECT id, CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
            WHEN attempts < max_attempts AND $4::float8 IS NOT NULL THEN 'queued' ELSE 'dead' END AS next_state
          FROM jobs WHERE id = $1 AND lease = $2 FOR UPDATE
        ), job AS (
          UPDATE jobs SET lease = NULL, lease_expires_at = NULL, event_seq = event_seq + 1, state = next_state,
            error = CASE next_state WHEN 'cancelled' THEN error ELSE $3::jsonb END,
            delivery = CASE next_state WHEN 'queued' THEN 'delayed' ELSE 'done' END,
            next_delivery_at = CASE next_state WHEN 'queued' THEN now() + make_interval(secs => $4::float8 / 1000) END,
            finished_at = CASE next_state WHEN 'queued' THEN NULL ELSE now() END
          FROM held WHERE jobs.id = held.id RETURNING jobs.id, event_seq, next_state, attempts
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, CASE next_state WHEN 'queued' THEN 'state' ELSE 'done' END, CASE next_state
            WHEN 'cancelled' THEN '{"state": "cancelled", "error": null}'::jsonb
            ELSE jsonb_build_object('state', next_state, 'attempt', attempts, 'error', $3::jsonb) END FROM job
        )
        SELECT next_state AS state FROM job`,
      values: [jobId, lease, JSON.stringify(failure.error), failure.retryInMs],
    });
    return rows[0]?.state;
  }

  /**
   * Releases a job whose process shuts down: the attempt does not count, and another worker claims it at once. A job
   * whose cancellation was requested is cancelled instead. Returns the new state; undefined when the lease is lost.
   */
  async release(jobId: string, lease: string): Promise<Exclude<NextState, 'dead'>> {
    const { rows } = await this.connections.leases.query<{ state: 'queued' | 'cancelled' }>({
      name: 'release',
      text: `
        WITH held AS (
          SELECT id, CASE WHEN cancel_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END AS next_state
          FROM jobs WHERE id = $1 AND lease = $2 FOR UPDATE
        ), job AS (
          UPDATE jobs SET state = next_state, lease = NULL, lease_expires_at = NULL, event_seq = event_seq + 1,
            delivery = CASE next_state WHEN 'queued' THEN 'pending' ELSE 'done' END,
            next_delivery_at = CASE next_state WHEN 'queued' THEN now() END,
            attempts = attempts - (next_state = 'queued')::int,
            finished_at = CASE next_state WHEN 'cancelled' THEN now() END
          FROM held WHERE jobs.id = held.id RETURNING jobs.id, event_seq, next_state
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, CASE next_state WHEN 'queued' THEN 'state' ELSE 'done' END, jsonb_build_object('state', next_state)
          FROM job
        )
        SELECT next_state AS state FROM job`,
      values: [jobId, lease],
    });
    return rows[0]?.state;
  }
}
