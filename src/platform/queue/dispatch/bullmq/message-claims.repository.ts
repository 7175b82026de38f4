import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Batches } from '../../../async/batches.ts';
import { hasCode, lockNotAvailable } from '../../../database/migrations/postgres-errors.ts';
import type { JobError, QueueName } from '../../job.ts';
import { QueueTimings } from '../../queue-timings.ts';
import type { Claim } from '../../execution/claim.ts';
import { LeaseConnections } from '../../execution/lease-connections.ts';
import type { AbandonedAttempt } from '../../execution/attempt-log.ts';
import { withoutWaiting } from '../delivery-statements.repository.ts';
import type { JobMessage } from './transport.ts';

/** The end of a job without success. */
interface JobEnding {
  readonly state: 'dead' | 'cancelled';
  readonly error: JobError | null;
}

/** A claim by a message. */
export interface MessageClaim extends Claim {
  /** The previous attempt was abandoned. */
  readonly isTakeover: boolean;
  readonly queue: QueueName;
  /** The queue has jobs that no relay has published. */
  readonly hasMore: boolean;
}

/**
 * Why a message could not be claimed.
 * - stale: the job is finished or deleted, or has a newer message.
 * - retry-now: the relay that sent the message has committed in the meantime; the claim succeeds now.
 * - retry-later: another worker holds the job, or the relay has not committed yet, and perhaps never will.
 * - exhausted: the job has no attempt left.
 * - cancelled: cancellation was requested.
 */
export type ClaimFailure = 'stale' | 'retry-now' | 'retry-later' | 'exhausted' | 'cancelled';

/** Pauses between the tries to lock a row: 200 ms in total. */
const lockDelaysMs = [1, 2, 4, 8, 16, 32, 64, 73];

/** Limits the size of one statement. */
const maxClaims = 500;

/**
 * Claims the jobs of messages. A row that another transaction has locked, such as that of the relay, is not claimed. The rows
 * are found by their ids alone: with the condition on `delivery`, PostgreSQL would read the index of all published jobs. The
 * order makes it read one entry of the index of pending jobs instead of the table. Exported for the tests of query plans.
 */
export const claimStatement = `
    WITH locked AS MATERIALIZED (
      SELECT id, state, delivery, delivery_no, attempts, max_attempts, cancel_requested_at, lease_expires_at FROM jobs
      WHERE id = ANY($1::uuid[]) AND ${withoutWaiting} FOR UPDATE SKIP LOCKED
    ), before AS MATERIALIZED (
      SELECT id AS found, state AS was FROM locked
      WHERE delivery_no = ($2::int[])[array_position($1, id)] AND delivery = 'published'
        AND attempts < max_attempts AND cancel_requested_at IS NULL
        AND (state = 'queued' OR state = 'running' AND lease_expires_at < now())
    ), job AS (
      UPDATE jobs SET state = 'running', attempts = attempts + 1, lease = gen_random_uuid(), event_seq = event_seq + 1,
        lease_expires_at = now() + make_interval(secs => $3::float8), started_at = coalesce(started_at, now())
      FROM before WHERE id = ANY(ARRAY(SELECT found FROM before)) AND id = found
      RETURNING id, lease, type, owner_id, payload, attempts, request_id, traceparent, run_at, event_seq, was, queue
    ), event AS (
      INSERT INTO job_events (job_id, seq, kind, data)
      SELECT id, event_seq, 'state', jsonb_build_object('state', 'running', 'attempt', attempts) FROM job
    )
    SELECT id AS "jobId", lease, type, owner_id AS "ownerId", payload, attempts AS attempt, request_id AS "requestId",
      traceparent, extract(epoch FROM now() - run_at)::float8 * 1000 AS "queuedMs", was = 'running' AS "isTakeover",
      queue, (SELECT true FROM jobs WHERE delivery = 'pending' AND jobs.queue = job.queue
        ORDER BY priority, fair_at, id LIMIT 1) IS NOT NULL AS "hasMore"
    FROM job`;

/** Claims the job of a message, diagnoses a failed claim, or postpones the job. */
@Injectable()
export class MessageClaimsRepository {
  private readonly batches = new Batches<JobMessage, MessageClaim | undefined>(
    async (messages) => await this.claimAll(messages),
    maxClaims,
  );

  constructor(
    private readonly connections: LeaseConnections,
    private readonly timings: QueueTimings,
  ) {}

  /** Begins an attempt: counts it, takes a lease and writes the event. Claims at the same time share a statement. */
  async claim(message: JobMessage): Promise<MessageClaim | undefined> {
    return await this.batches.add(message);
  }

  /**
   * Returns why a claim found nothing. Waits up to 200 ms for the relay that is committing the row, because a fast
   * worker receives the message before.
   */
  async diagnoseClaimFailure(message: JobMessage): Promise<ClaimFailure> {
    for (const delayMs of lockDelaysMs) {
      try {
        return await this.diagnoseOnce(message);
      } catch (error) {
        if (!hasCode(error, lockNotAvailable)) throw error;
        await delay(delayMs);
      }
    }
    return 'retry-later';
  }

  private async claimAll(messages: readonly JobMessage[]): Promise<(MessageClaim | undefined)[]> {
    const { rows } = await this.connections.leases.query<MessageClaim>({
      name: 'claim',
      text: claimStatement,
      values: [
        messages.map(({ jobId }) => jobId),
        messages.map(({ deliveryNo }) => deliveryNo),
        this.timings.leaseSeconds,
      ],
    });
    const claims = new Map(rows.map((claim) => [claim.jobId, claim]));
    return messages.map(({ jobId }) => {
      const claim = claims.get(jobId);
      // A later message of the same job does not get it too.
      claims.delete(jobId);
      return claim;
    });
  }

  private async diagnoseOnce({ jobId, deliveryNo }: JobMessage): Promise<ClaimFailure> {
    const { rows } = await this.connections.leases.query<{ failure: ClaimFailure }>({
      name: 'diagnose claim failure',
      text: `
        SELECT CASE
          WHEN delivery = 'done' THEN 'stale'
          WHEN delivery_no < $2 THEN 'retry-later'
          WHEN delivery <> 'published' OR delivery_no > $2 THEN 'stale'
          WHEN state = 'running' AND lease_expires_at >= now() THEN 'retry-later'
          WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
          WHEN attempts >= max_attempts THEN 'exhausted'
          ELSE 'retry-now' END AS failure
        FROM jobs WHERE id = $1 FOR UPDATE NOWAIT`,
      values: [jobId, deliveryNo],
    });
    // The relay sends committed rows only: a missing row was deleted.
    return rows[0]?.failure ?? 'stale';
  }

  /**
   * Delays a job whose type this build does not know, without counting an attempt. Returns false when the message is
   * outdated.
   */
  async postpone({ jobId, deliveryNo }: JobMessage, forMs: number): Promise<boolean> {
    const { rowCount } = await this.connections.leases.query({
      name: 'postpone',
      text: `
        UPDATE jobs SET delivery = 'delayed', next_delivery_at = now() + make_interval(secs => $3::float8 / 1000)
        WHERE id = $1 AND delivery_no = $2 AND delivery = 'published' AND state = 'queued'`,
      values: [jobId, deliveryNo, forMs],
    });
    return rowCount === 1;
  }

  /**
   * Ends a job without attempts left, or one whose cancellation was requested. Returns its abandoned attempt; undefined
   * when the message is outdated, or a worker holds the job.
   */
  async end({ jobId, deliveryNo }: JobMessage, ending: JobEnding): Promise<AbandonedAttempt | undefined> {
    const { rows } = await this.connections.leases.query<AbandonedAttempt>({
      name: 'end',
      text: `
        WITH job AS (
          UPDATE jobs SET state = $3, delivery = 'done', next_delivery_at = NULL, lease = NULL, lease_expires_at = NULL,
            error = coalesce($4::jsonb, error), finished_at = now(), event_seq = event_seq + 1
          WHERE id = $1 AND delivery_no = $2 AND delivery = 'published' AND (lease_expires_at IS NULL OR lease_expires_at < now())
          RETURNING id, event_seq, type, attempts, request_id, traceparent
        ), event AS (
          INSERT INTO job_events (job_id, seq, kind, data)
          SELECT id, event_seq, 'done', jsonb_build_object('state', $3::text, 'error', $4::jsonb) FROM job
        )
        SELECT id AS "jobId", type, attempts AS attempt, request_id AS "requestId", traceparent FROM job`,
      values: [jobId, deliveryNo, ending.state, ending.error === null ? null : JSON.stringify(ending.error)],
    });
    return rows[0];
  }
}
