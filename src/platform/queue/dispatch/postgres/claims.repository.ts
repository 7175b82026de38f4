import { Injectable } from '@nestjs/common';
import { InternalPool } from '../../../database/internal-pool.ts';
import type { PoolShare } from '../../../database/shared-pool.ts';
import type { RescuedJob } from '../../execution/attempt-log.ts';
import type { Claim } from '../../execution/claim.ts';
import type { QueueName } from '../../job.ts';
import { queueNames } from '../../job.ts';
import { QueueTimings } from '../../queue-timings.ts';
import {
  makeReady,
  promoteDelayed,
  unknownTypeDelaySeconds,
  withoutWaiting,
} from '../delivery-statements.repository.ts';

/** The channel on which processes notify each other of queues with new jobs; its payload is a queue. */
export const jobChannel = 'plinth_jobs';

/** The next jobs of a queue. */
interface ClaimRequest {
  readonly queue: QueueName;
  readonly limit: number;
  /** The types that this build knows. */
  readonly types: readonly string[];
}

/** What a claim took from the queue. */
export interface ClaimedJobs {
  readonly claims: readonly Claim[];
  /** Jobs taken, with those of unknown types, which are delayed. */
  readonly taken: number;
}

/** Whether this build knows the type of the job: others are delayed. */
const isKnown = `(type = ANY($3::text[]))`;

/** The dispatcher's statements; each has a partial index of its own. Exported for the tests of query plans. */
export const dispatchStatements = {
  promoteDelayed,
  /**
   * Begins attempts: takes the leases, counts the attempts and writes the events. The limit is a subquery because
   * PostgreSQL would plan the statement anew for each value, which takes four times as long as its execution.
   */
  claim: `
    WITH job AS (
      UPDATE jobs SET delivery = CASE WHEN ${isKnown} THEN 'published' ELSE 'delayed' END,
        state = CASE WHEN ${isKnown} THEN 'running' ELSE state END, delivery_no = delivery_no + 1,
        attempts = attempts + ${isKnown}::int, event_seq = event_seq + ${isKnown}::int,
        lease = CASE WHEN ${isKnown} THEN gen_random_uuid() END,
        lease_expires_at = CASE WHEN ${isKnown} THEN now() + make_interval(secs => $4::float8) END,
        next_delivery_at = now() + make_interval(secs => CASE WHEN ${isKnown} THEN $4::float8 ELSE ${unknownTypeDelaySeconds} END),
        started_at = CASE WHEN ${isKnown} THEN coalesce(started_at, now()) END
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs
        WHERE delivery = 'pending' AND queue = $1 AND NOT EXISTS (SELECT FROM paused_queues WHERE name = $1)
          AND ${withoutWaiting}
        ORDER BY priority, fair_at, id LIMIT (SELECT $2::int) FOR UPDATE SKIP LOCKED
      ))
      RETURNING id, lease, type, owner_id, payload, attempts, request_id, traceparent, run_at, event_seq, priority, fair_at,
        ${isKnown} AS is_known
    ), event AS (
      INSERT INTO job_events (job_id, seq, kind, data)
      SELECT id, event_seq, 'state', jsonb_build_object('state', 'running', 'attempt', attempts) FROM job WHERE is_known
    )
    SELECT id AS "jobId", lease, type, owner_id AS "ownerId", payload, attempts AS attempt, request_id AS "requestId",
      traceparent, extract(epoch FROM now() - run_at)::float8 * 1000 AS "queuedMs", is_known AS "isKnown"
    FROM job ORDER BY priority, fair_at, id`,
  rescue: makeReady(`
    WHERE delivery = 'published' AND queue = ANY($2) AND next_delivery_at <= now()
      AND (lease_expires_at IS NULL OR lease_expires_at < now())
    ORDER BY next_delivery_at LIMIT $1 FOR UPDATE SKIP LOCKED`),
  notify: `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${jobChannel}', name) FROM unnest($1::text[]) AS name`,
} as const;

/**
 * Claims jobs from the table. It has connections of its own, one for each queue: jobs are claimed even while requests
 * hold every connection of the main pool.
 */
@Injectable()
export class ClaimsRepository {
  private readonly connections: PoolShare;

  constructor(
    { direct }: InternalPool,
    private readonly timings: QueueTimings,
  ) {
    this.connections = direct.share(queueNames.length);
  }

  /** Claims the next jobs of a queue by priority, then by turns between owners, then by age; none while it is paused. */
  async claim({ queue, limit, types }: ClaimRequest): Promise<ClaimedJobs> {
    const { rows } = await this.connections.query<Claim & { isKnown: boolean }>({
      name: 'claim jobs',
      text: dispatchStatements.claim,
      values: [queue, limit, types, this.timings.leaseSeconds],
    });
    return { claims: rows.filter(({ isKnown }) => isKnown), taken: rows.length };
  }

  /** Ends the wait of delayed jobs that are due, at most `limit`. */
  async promoteDelayed(limit: number): Promise<void> {
    const text = dispatchStatements.promoteDelayed;
    await this.connections.query({ name: 'promote delayed jobs', text, values: [limit] });
  }

  /**
   * Rescuer: makes jobs pending again whose lease has expired, at most `limit`, and those that a process of the version
   * with BullMQ has published. Returns the attempts that this has ended.
   */
  async rescue(limit: number): Promise<readonly RescuedJob[]> {
    const { rows } = await this.connections.query<RescuedJob>({
      name: 'rescue jobs',
      text: dispatchStatements.rescue,
      values: [limit, queueNames],
    });
    return rows;
  }

  /** Notifies all processes that these queues have new jobs. */
  async notify(queues: readonly QueueName[]): Promise<void> {
    await this.connections.query({ name: 'notify of jobs', text: dispatchStatements.notify, values: [queues] });
  }
}
