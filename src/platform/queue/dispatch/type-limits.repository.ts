import { Injectable } from '@nestjs/common';
import { InternalPool } from '../../database/internal-pool.ts';
import type { PoolShare } from '../../database/shared-pool.ts';
import type { QueueName } from '../job.ts';
import { beginTransaction } from './delivery-statements.repository.ts';
import { pendingFairAt } from './fair-at.repository.ts';

/** The limits of a type; infinite without one. */
export interface TypeLimit {
  readonly type: string;
  /** Jobs that run at the same time, in all processes. */
  readonly concurrency: number;
  /** Jobs that start in a burst. */
  readonly burst: number;
  readonly perSecond: number;
}

const maxAdmitted = 1000;

/** Exported for the tests of query plans. */
export const limitStatements = {
  /** Reads one entry of an index for each type. Without the order, PostgreSQL could read the table. */
  findWaiting: `
    SELECT name AS type FROM unnest($1::text[]) AS candidate (name)
      CROSS JOIN LATERAL (
        SELECT FROM jobs WHERE delivery = 'limited' AND limited_by = name ORDER BY priority, fair_at, id LIMIT 1
      ) AS waiting`,
  /** Locks the type's row until the COMMIT, and refills its token bucket. */
  refill: `
    INSERT INTO job_type_limits AS limits (type, tokens, refilled_at) VALUES ($1, $2::float8, now())
    ON CONFLICT (type) DO UPDATE SET refilled_at = clock_timestamp(), tokens = least($2::float8,
      limits.tokens + extract(epoch FROM clock_timestamp() - limits.refilled_at)::float8 * $3::float8)`,
  /** Takes a token for each admitted job. Its snapshot has to be newer than the lock that `refill` takes. */
  admit: `
    WITH admitted AS (
      UPDATE jobs SET delivery = 'pending',
        fair_at = ${pendingFairAt({ queue: 'jobs.queue', priority: 'jobs.priority', owner: 'jobs.owner_id' })}
      WHERE id = ANY(ARRAY(
        SELECT id FROM jobs WHERE delivery = 'limited' AND limited_by = $1 ORDER BY priority, fair_at, id
        LIMIT (SELECT greatest(0, least(${maxAdmitted}, floor(tokens),
          $2::float8 - (SELECT count(*) FROM jobs WHERE limited_by = $1 AND delivery IN ('pending', 'published'))))::int
          FROM job_type_limits WHERE type = $1)
        FOR UPDATE SKIP LOCKED
      ))
      RETURNING queue
    ), spent AS (
      UPDATE job_type_limits SET tokens = tokens - (SELECT count(*) FROM admitted) WHERE type = $1
    )
    SELECT DISTINCT queue FROM admitted`,
} as const;

/** Admits jobs of types with limits. */
@Injectable()
export class TypeLimitsRepository {
  private readonly connections: PoolShare;

  constructor({ direct }: InternalPool) {
    this.connections = direct.share(1);
  }

  /** Returns those of these types that have waiting jobs. */
  async findWaiting(types: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.connections.query<{ type: string }>({
      name: 'types with waiting jobs',
      text: limitStatements.findWaiting,
      values: [types],
    });
    return new Set(rows.map(({ type }) => type));
  }

  /** Makes as many jobs of a type pending as its limits allow. Returns their queues. */
  async admit({ type, concurrency, burst, perSecond }: TypeLimit): Promise<readonly QueueName[]> {
    return await this.connections.withConnection(async (client) => {
      await client.query(beginTransaction);
      await client.query({ name: 'refill', text: limitStatements.refill, values: [type, burst, perSecond] });
      const { rows } = await client.query<{ queue: QueueName }>({
        name: 'admit',
        text: limitStatements.admit,
        values: [type, concurrency],
      });
      await client.query('COMMIT');
      return rows.map(({ queue }) => queue);
    });
  }
}
