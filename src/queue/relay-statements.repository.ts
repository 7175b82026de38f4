/** The relay's questions to the whole table. */
export const relayStatements = {
  unpark: `
    WITH due AS (
      SELECT id, state AS was FROM jobs WHERE dispatch = 'parked' AND next_dispatch_at <= now()
      ORDER BY next_dispatch_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ), job AS (
      UPDATE jobs SET dispatch = 'ready', state = 'queued', event_seq = event_seq + (was = 'scheduled')::int
      FROM due WHERE jobs.id = due.id RETURNING jobs.id, event_seq, was
    )
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job WHERE was = 'scheduled'`,
  take: `
    WITH taken AS (
      UPDATE jobs SET dispatch = 'sent', dispatch_no = dispatch_no + 1,
        next_dispatch_at = now() + make_interval(secs => $3::float8 / 1000)
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE dispatch = 'ready' AND queue = $1
          AND NOT EXISTS (SELECT FROM paused_queues WHERE name = $1)
        ORDER BY priority, id
        LIMIT greatest(0, $2 - (SELECT count(*) FROM jobs WHERE dispatch = 'sent' AND queue = $1))
        FOR UPDATE SKIP LOCKED
      ))
      RETURNING id, dispatch_no, type, priority
    )
    SELECT id AS "jobId", dispatch_no AS "dispatchNo", type, priority FROM taken ORDER BY priority, id`,
  overdue: `
    SELECT id AS "jobId", dispatch_no AS "dispatchNo", queue, state = 'running' AS abandoned FROM jobs
    WHERE dispatch = 'sent' AND next_dispatch_at <= now() AND (lease_until IS NULL OR lease_until < now())
      AND queue = ANY($2)
    ORDER BY next_dispatch_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
  // Whoever held it and only slept finds its lease gone. What died together more than once is sent apart: one of them
  // may be the death of the others. What was to stop is not begun again.
  makeReady: `
    WITH job AS (
      UPDATE jobs SET state = CASE WHEN asked THEN 'cancelled' ELSE 'queued' END, lease = NULL, lease_until = NULL,
        dispatch = CASE WHEN asked THEN 'done' WHEN apart THEN 'parked' ELSE 'ready' END,
        next_dispatch_at = CASE WHEN asked THEN NULL WHEN apart THEN now() + random() * interval '3 s'
          ELSE next_dispatch_at END,
        finished_at = CASE WHEN asked THEN now() END, event_seq = event_seq + (was = 'running')::int
      FROM (
        SELECT id AS found, state AS was, state = 'running' AND attempts > 1 AS apart,
          state = 'running' AND cancel_asked_at IS NOT NULL AS asked
        FROM jobs WHERE id = ANY($1::uuid[])
      ) AS before
      WHERE id = found RETURNING id, type, attempts, max_attempts, request_id, traceparent, event_seq, was, state
    ), event AS (
      INSERT INTO job_events (job_id, seq, kind, data)
      SELECT id, event_seq, CASE state WHEN 'cancelled' THEN 'done' ELSE 'state' END, jsonb_build_object('state', state)
      FROM job WHERE was = 'running'
    )
    SELECT id AS "jobId", type, attempts AS attempt, request_id AS "requestId", traceparent, state,
      attempts >= max_attempts AS "isLast" FROM job WHERE was = 'running'`,
} as const;
