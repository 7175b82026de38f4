import { makeReady, unknownTypeDelaySeconds } from '../delivery-statements.repository.ts';

/** Whether this build knows the type of the job. */
const isKnown = '(type = ANY($4::text[]))';

/** The relay's statements on the whole table; each has a partial index of its own. */
export const outboxStatements = {
  outstanding: `
    SELECT count(*) FILTER (WHERE state = 'queued')::int AS waiting, count(*) FILTER (WHERE state <> 'queued')::int AS running
    FROM jobs WHERE delivery = 'published' AND queue = $1`,
  /** Delays the jobs of types that this build does not know: perhaps a newer build sends them. */
  dispatch: `
    WITH taken AS (
      UPDATE jobs SET delivery = CASE WHEN ${isKnown} THEN 'published' ELSE 'delayed' END, delivery_no = delivery_no + 1,
        next_delivery_at = now() + make_interval(secs => CASE WHEN ${isKnown} THEN $3::float8 / 1000
          ELSE ${unknownTypeDelaySeconds} END)
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE delivery = 'pending' AND queue = $1
          AND NOT EXISTS (SELECT FROM paused_queues WHERE name = $1)
        ORDER BY priority, fair_at, id LIMIT (SELECT $2::int) FOR UPDATE SKIP LOCKED
      ))
      RETURNING id, delivery_no, type, priority, fair_at
    )
    SELECT id AS "jobId", delivery_no AS "deliveryNo", type, priority, ${isKnown} AS "isKnown"
    FROM taken ORDER BY priority, fair_at, id`,
  overdue: `
    SELECT id AS "jobId", delivery_no AS "deliveryNo", queue, state = 'running' AS abandoned FROM jobs
    WHERE delivery = 'published' AND next_delivery_at <= now() AND (lease_expires_at IS NULL OR lease_expires_at < now())
      AND queue = ANY($2)
    ORDER BY next_delivery_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
  makeReady: makeReady('WHERE id = ANY($1::uuid[])'),
} as const;
