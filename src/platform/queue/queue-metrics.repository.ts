import { Inject, Injectable } from '@nestjs/common';
import { SharedResult } from '../async/shared-result.ts';
import type { QueueConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { InternalPool } from '../database/internal-pool.ts';
import type { PoolShare } from '../database/shared-pool.ts';
import { Metrics } from '../telemetry/metrics.ts';
import type { QueueName } from './job.ts';
import { queueNames } from './job.ts';

/** Limits the duration of the statement, and with it that of a scrape. */
const timeoutMs = 2000;
/** All gauges of a scrape, and scrapes at the same time, share one execution of the statement. */
const sharedMs = 500;

const states = ['scheduled', 'queued', 'running'] as const;

interface QueueRow extends Record<(typeof states)[number], number> {
  readonly queue: QueueName;
  readonly oldestSeconds: number;
  readonly lagSeconds: number;
}

/** The most jobs that are counted of each kind; reading them takes about 10 ms. */
const maxCounted = 10_000;

const limited = `LIMIT ${maxCounted}`;
const waitingSince = 'greatest(run_at, next_delivery_at)';
const columns = 'queue, state, delivery';

/**
 * The unfinished jobs of each queue. `$1`: jobs wait in the outbox until the relay publishes them. Each branch reads at
 * most 10,000 entries of a partial index. A job that was published for a further attempt does not count for the age.
 */
const statement = {
  name: 'queue metrics',
  text: `
    WITH counted (queue, state, delivery, waiting_since) AS (
      (SELECT ${columns}, next_delivery_at FROM jobs WHERE delivery = 'delayed' ORDER BY next_delivery_at ${limited})
      ${queueNames
        .map(
          (name) => `UNION ALL (SELECT ${columns}, ${waitingSince} FROM jobs
        WHERE delivery = 'pending' AND queue = '${name}' ORDER BY priority, fair_at, id ${limited})`,
        )
        .join('\n      ')}
      UNION ALL (SELECT ${columns}, ${waitingSince} FROM jobs
        WHERE delivery = 'limited' ORDER BY limited_by, priority, fair_at, id ${limited})
      UNION ALL (SELECT ${columns}, CASE WHEN attempts = 0 THEN run_at END FROM jobs WHERE delivery = 'published' ${limited})
    )
    SELECT name AS queue,
      ${states.map((state) => `count(*) FILTER (WHERE state = '${state}')::int AS ${state}`).join(', ')},
      coalesce(extract(epoch FROM now() - min(waiting_since) FILTER (WHERE state = 'queued' AND delivery <> 'delayed')), 0)::float8
        AS "oldestSeconds",
      coalesce(extract(epoch FROM now() - min(waiting_since) FILTER (WHERE delivery = 'delayed' OR $1 AND delivery = 'pending')), 0)::float8
        AS "lagSeconds"
    FROM unnest($2::text[]) AS name LEFT JOIN counted ON queue = name GROUP BY name`,
};

/** Metrics of the queues, which are read from the table of jobs: every process returns the same values. */
@Injectable()
export class QueueMetricsRepository {
  constructor(metrics: Metrics, pool: InternalPool, @Inject(configToken('queue')) { dispatcher }: QueueConfig) {
    if (!metrics.isEnabled) return;
    const rows = readWith(pool.direct.share(1), dispatcher === 'bullmq');
    metrics.gauge(
      {
        name: 'job_queue_jobs',
        help: 'Unfinished jobs by queue and state; counting stops at 10,000 of a kind.',
        labelNames: ['queue', 'state'],
      },
      async (set) => {
        for (const row of await rows.get()) for (const state of states) set(row[state], { queue: row.queue, state });
      },
    );
    metrics.gauge(
      {
        name: 'job_queue_oldest_seconds',
        help: 'Time since the oldest job that waits for a worker was due.',
        labelNames: ['queue'],
      },
      async (set) => {
        for (const { queue, oldestSeconds } of await rows.get()) set(Math.max(0, oldestSeconds), { queue });
      },
    );
    metrics.gauge(
      {
        name: 'job_queue_relay_lag_seconds',
        help: 'Time since the oldest due job that the relay or the dispatcher has not taken from the outbox was due.',
        labelNames: ['queue'],
      },
      async (set) => {
        for (const { queue, lagSeconds } of await rows.get()) set(Math.max(0, lagSeconds), { queue });
      },
    );
  }
}

/** On a connection of its own: the metrics are needed while requests and jobs hold all others. */
function readWith(connection: PoolShare, hasRelay: boolean): SharedResult<readonly QueueRow[]> {
  return new SharedResult(sharedMs, async () => {
    const values = [hasRelay, queueNames];
    return (await connection.query<QueueRow>({ ...statement, values, query_timeout: timeoutMs })).rows;
  });
}
