import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { directPool } from '../database/direct-pool.ts';
import { transactionConnection } from '../database/transaction-connection.ts';
import type { JobError, JobProgress } from './job.ts';
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

/** SQLSTATE of NOWAIT's refusal. */
const lockNotAvailable = '55P03';
const explainTries = 20;
const explainEveryMs = 10;

/** Seconds that a lease lasts from its last heartbeat. */
const leaseSeconds = 10;

/**
 * The worker's side of the table of jobs. Leases are kept on three connections of their own: the pool's may all be held
 * by the transactions of the very jobs whose leases they keep.
 */
@Injectable()
export class ClaimsRepository implements OnApplicationShutdown {
  private readonly leases: Pool;
  private readonly beats: Pool;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.leases = directPool(config, { max: 2 });
    // Whatever the others wait for: a healthy attempt must not lose its lease by it.
    this.beats = directPool(config, { max: 1 });
  }

  /** Begins an attempt: one more is counted, the lease is taken, the event is written, in one statement. */
  async claim({ jobId, dispatchNo }: JobMessage, lease: string): Promise<Claim | undefined> {
    const { rows } = await this.leases.query<Claim>({
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

  /**
   * Gives a message back whose job this build can't run: the row is parked for a while, without an attempt. False when
   * the message says nothing of its row any more.
   */
  async postpone({ jobId, dispatchNo }: JobMessage, forMs: number): Promise<boolean> {
    const { rowCount } = await this.leases.query({
      name: 'postpone',
      text: `
        UPDATE jobs SET dispatch = 'parked', next_dispatch_at = now() + make_interval(secs => $3::float8 / 1000)
        WHERE id = $1 AND dispatch_no = $2 AND dispatch = 'sent' AND state = 'queued'`,
      values: [jobId, dispatchNo, forMs],
    });
    return rowCount === 1;
  }

  private async explainNow({ jobId, dispatchNo }: JobMessage): Promise<Unclaimable> {
    const { rows } = await this.leases.query<{ verdict: Unclaimable }>({
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

  /** Prolongs a lease. Undefined when it is lost. */
  async beat(jobId: string, lease: string): Promise<{ readonly cancelAsked: boolean } | undefined> {
    const { rows } = await this.beats.query<{ cancelAsked: boolean }>({
      name: 'beat',
      text: `
        UPDATE jobs SET lease_until = now() + make_interval(secs => ${leaseSeconds})
        WHERE id = $1 AND lease = $2 RETURNING cancel_asked_at IS NOT NULL AS "cancelAsked"`,
      values: [jobId, lease],
    });
    return rows[0];
  }

  async progress(jobId: string, lease: string, progress: JobProgress): Promise<void> {
    await this.leases.query({
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
    const { rowCount } = await this.leases.query({
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
    const { rowCount } = await this.leases.query({
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
    const { rowCount } = await this.leases.query({
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

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.leases.end(), this.beats.end()]);
  }
}
