import { attemptAbandoned } from '../execution/attempt-log.ts';
import { fairAt, nextLimitedFairAt } from './fair-at.repository.ts';

/*
 * PostgreSQL expects few ids in an array, and looks them up by the primary key. It expects many rows of a LIMIT that it
 * does not know, and would read the whole table to join them.
 */

/** PostgreSQL ends a transaction that is idle for this long: a suspended process would keep all others waiting. */
const maxIdleMs = 2000;

/** Delay of a job whose type this build does not know; afterwards perhaps a newer build takes it. */
export const unknownTypeDelaySeconds = 5;

/** Begins a dispatcher's transaction of several statements. What a crash of the server loses of it is done again. */
export const beginTransaction = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${maxIdleMs};
  SET LOCAL synchronous_commit = off`;

/**
 * A condition of a claim, which then does not wait for the disk: what a crash of the server loses are jobs that wait again,
 * and no outcome can precede its claim in the log of the server.
 */
export const withoutWaiting = `(SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL`;

/**
 * Ends the wait of delayed jobs that are due, at most $1. A job that was scheduled takes its place in turn only now. One
 * that waits for the limits of its type again is the next: the place that it had was among the pending jobs.
 */
export const promoteDelayed = `
  WITH due AS MATERIALIZED (
    SELECT id, queue, priority, owner_id, limited_by AS by_type, state AS was, next_delivery_at AS due_at FROM jobs
    WHERE delivery = 'delayed' AND next_delivery_at <= now() ORDER BY next_delivery_at LIMIT $1 FOR UPDATE SKIP LOCKED
  ), place AS (
    SELECT *, row_number() OVER (PARTITION BY queue, by_type, priority, owner_id, was ORDER BY due_at, id) - 1 AS after FROM due
  ), job AS (
    UPDATE jobs SET delivery = CASE WHEN by_type IS NULL THEN 'pending' ELSE 'limited' END, state = 'queued',
      event_seq = event_seq + (was = 'scheduled')::int,
      fair_at = CASE WHEN was = 'scheduled'
        THEN after + ${fairAt({ queue: 'place.queue', priority: 'place.priority', owner: 'place.owner_id', limitedBy: 'place.by_type' })}
        WHEN by_type IS NULL THEN fair_at
        ELSE ${nextLimitedFairAt({ limitedBy: 'place.by_type', priority: 'place.priority' })} END
    FROM place WHERE jobs.id = ANY(ARRAY(SELECT id FROM place)) AND jobs.id = place.id RETURNING jobs.id, event_seq, was
  ), event AS (
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job WHERE was = 'scheduled'
  )
  SELECT count(*)::int AS count FROM job`;

/**
 * The statement that makes the selected jobs pending again, whose worker has died. A suspended worker that resumes finds
 * that it has lost its lease. Jobs that were abandoned more than once are delayed at random, so that one that crashes
 * its process runs apart from the others. Jobs to be cancelled, and those without an attempt left, do not start again.
 *
 * @param rows the clauses after `FROM jobs` that select and lock them
 */
export const makeReady = (rows: string): string => `
  WITH before AS MATERIALIZED (
    SELECT id AS found, state AS was, state = 'running' AND attempts > 1 AS is_repeated,
      CASE WHEN state <> 'running' THEN 'queued' WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
        WHEN attempts >= max_attempts THEN 'dead' ELSE 'queued' END AS next_state
    FROM jobs ${rows}
  ), job AS (
    UPDATE jobs SET state = next_state, lease = NULL, lease_expires_at = NULL,
      delivery = CASE WHEN next_state <> 'queued' THEN 'done' WHEN is_repeated THEN 'delayed' ELSE 'pending' END,
      next_delivery_at = CASE WHEN next_state <> 'queued' THEN NULL WHEN is_repeated THEN now() + random() * interval '3 s'
        ELSE next_delivery_at END,
      error = CASE next_state WHEN 'dead' THEN '${JSON.stringify(attemptAbandoned)}'::jsonb ELSE error END,
      finished_at = CASE WHEN next_state <> 'queued' THEN now() END, event_seq = event_seq + (was = 'running')::int
    FROM before WHERE id = ANY(ARRAY(SELECT found FROM before)) AND id = found
    RETURNING id, type, attempts, request_id, traceparent, event_seq, was, state, error
  ), event AS (
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, event_seq, CASE state WHEN 'queued' THEN 'state' ELSE 'done' END,
      CASE state WHEN 'dead' THEN jsonb_build_object('state', state, 'error', error) ELSE jsonb_build_object('state', state) END
    FROM job WHERE was = 'running'
  )
  SELECT id AS "jobId", type, attempts AS attempt, request_id AS "requestId", traceparent, state
  FROM job WHERE was = 'running'`;
