/** The relay's statements on the whole table; each has a partial index of its own. */
export const outboxStatements = {
  promoteDelayed: `
    WITH due AS (
      SELECT id, state AS was FROM jobs WHERE delivery = 'delayed' AND next_delivery_at <= now()
      ORDER BY next_delivery_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ), job AS (
      UPDATE jobs SET delivery = 'pending', state = 'queued', event_seq = event_seq + (was = 'scheduled')::int
      FROM due WHERE jobs.id = due.id RETURNING jobs.id, event_seq, was
    )
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job WHERE was = 'scheduled'`,
  dispatch: `
    WITH taken AS (
      UPDATE jobs SET delivery = 'published', delivery_no = delivery_no + 1,
        next_delivery_at = now() + make_interval(secs => $3::float8 / 1000)
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE delivery = 'pending' AND queue = $1
          AND NOT EXISTS (SELECT FROM paused_queues WHERE name = $1)
        ORDER BY priority, id
        LIMIT greatest(0, $2 - (SELECT count(*) FROM jobs WHERE delivery = 'published' AND queue = $1))
        FOR UPDATE SKIP LOCKED
      ))
      RETURNING id, delivery_no, type, priority
    )
    SELECT id AS "jobId", delivery_no AS "deliveryNo", type, priority FROM taken ORDER BY priority, id`,
  overdue: `
    SELECT id AS "jobId", delivery_no AS "deliveryNo", queue, state = 'running' AS abandoned FROM jobs
    WHERE delivery = 'published' AND next_delivery_at <= now() AND (lease_expires_at IS NULL OR lease_expires_at < now())
      AND queue = ANY($2)
    ORDER BY next_delivery_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
  // A suspended worker that resumes finds that it has lost its lease. Jobs that were abandoned more than once are
  // delayed at random, so that one that crashes its process runs apart from the others. Jobs to be cancelled do not
  // start again.
  makeReady: `
    WITH job AS (
      UPDATE jobs SET state = CASE WHEN is_cancelled THEN 'cancelled' ELSE 'queued' END, lease = NULL, lease_expires_at = NULL,
        delivery = CASE WHEN is_cancelled THEN 'done' WHEN is_repeated THEN 'delayed' ELSE 'pending' END,
        next_delivery_at = CASE WHEN is_cancelled THEN NULL WHEN is_repeated THEN now() + random() * interval '3 s'
          ELSE next_delivery_at END,
        finished_at = CASE WHEN is_cancelled THEN now() END, event_seq = event_seq + (was = 'running')::int
      FROM (
        SELECT id AS found, state AS was, state = 'running' AND attempts > 1 AS is_repeated,
          state = 'running' AND cancel_requested_at IS NOT NULL AS is_cancelled
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
