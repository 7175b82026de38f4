import { makeReady, unknownTypeDelaySeconds } from '../delivery-statements.repository.ts';

/** The messages of a queue that may wait for a worker. */
const [least, most] = [4, 1000];

/** The work that waits in BullMQ, in milliseconds: its order is that of arrival, so the next owner waits for as long. */
const aheadMs = 250;

/**
 * How many messages of the queue $1 may wait while $5 jobs run: as many as workers have ended lately, in all processes
 * together, or two for each running job. Workers that begin to work, and those whose jobs take long, need the second.
 */
const waitingLimit = `least(${most}, greatest(${least}, 2 * $5::int, (
  SELECT count(*) FROM jobs WHERE finished_at > statement_timestamp() - interval '${aheadMs} ms' AND queue = $1)))`;

/** The relay's statements on the whole table; each has a partial index of its own. */
export const outboxStatements = {
  /** Publishes as many jobs of the types $3 as the limit of waiting messages leaves: $4 messages wait, and $5 jobs run. */
  dispatch: `
    WITH taken AS (
      UPDATE jobs SET delivery = 'published', delivery_no = delivery_no + 1,
        next_delivery_at = now() + make_interval(secs => $2::float8 / 1000)
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE delivery = 'pending' AND queue = $1 AND type = ANY($3::text[])
          AND NOT EXISTS (SELECT FROM paused_queues WHERE name = $1)
        ORDER BY priority, fair_at, id LIMIT (SELECT greatest(0, ${waitingLimit} - $4::int)) FOR UPDATE SKIP LOCKED
      ))
      RETURNING id, delivery_no, type, priority, fair_at
    )
    SELECT id AS "jobId", delivery_no AS "deliveryNo", type, priority FROM taken ORDER BY priority, fair_at, id`,
  /** Delays those of the next $3 pending jobs of the queue $1 whose types are not among $2. */
  delayUnknown: `
    UPDATE jobs SET delivery = 'delayed', next_delivery_at = now() + make_interval(secs => ${unknownTypeDelaySeconds})
    WHERE delivery = 'pending' AND id = ANY(ARRAY(
      SELECT id FROM (
        SELECT id, type FROM jobs WHERE delivery = 'pending' AND queue = $1 ORDER BY priority, fair_at, id LIMIT $3
      ) AS next WHERE type <> ALL($2::text[])
    ))`,
  overdue: `
    SELECT id AS "jobId", delivery_no AS "deliveryNo", queue, state = 'running' AS abandoned FROM jobs
    WHERE delivery = 'published' AND next_delivery_at <= now() AND (lease_expires_at IS NULL OR lease_expires_at < now())
      AND queue = ANY($2)
    ORDER BY next_delivery_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
  makeReady: makeReady('WHERE id = ANY($1::uuid[])'),
} as const;
