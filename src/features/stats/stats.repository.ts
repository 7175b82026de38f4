import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../platform/database/prepared-queries.ts';
import type { JobError, QueueName } from '../../platform/queue/job.ts';

/** The numbers of one day. A number above the limit of counting is the limit plus one. */
export interface DayCounts {
  /** In UTC, as YYYY-MM-DD. */
  readonly day: string;
  /** Users that were created, except deleted ones. */
  readonly newUsers: number;
  readonly loginsSucceeded: number;
  readonly loginsFailed: number;
}

/** A job that became dead. */
export interface FailedJob {
  readonly id: string;
  readonly type: string;
  readonly queue: QueueName;
  readonly attempts: number;
  readonly error: JobError | null;
  readonly finishedAt: Date;
}

/** The number of rows of a day of this index range, at most one more than `$2`. */
const counted = (rows: string, time: string): string =>
  `(SELECT count(*)::int FROM (SELECT FROM ${rows} AND ${time} >= day AND ${time} < day + interval '24 hours' LIMIT $2 + 1) AS counted)`;

/** `$1` days until today; exported so that a test can examine its plan. */
export const dayCounts = {
  name: 'stats of days',
  text: `
    SELECT to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
      ${counted('users WHERE deleted_at IS NULL', 'created_at')} AS "newUsers",
      ${counted("audit_events WHERE event = 'authn_login_success'", 'at')} AS "loginsSucceeded",
      ${counted("audit_events WHERE event = 'authn_login_fail'", 'at')} AS "loginsFailed"
    FROM generate_series(date_trunc('day', now(), 'UTC') - ($1::int - 1) * interval '24 hours', now(),
      interval '24 hours') AS day
    ORDER BY day`,
};

/** The latest `$1` dead jobs of a table, by a partial index. */
const deadJobs = (table: string): string => `(
      SELECT id, type, queue, attempts, error, finished_at AS "finishedAt"
      FROM ${table} WHERE state = 'dead' ORDER BY finished_at DESC, id DESC LIMIT $1)`;

/** The latest `$1` dead jobs. */
export const latestFailures = {
  name: 'stats of failed jobs',
  text: `
    SELECT * FROM (${deadJobs('jobs')} UNION ALL ${deadJobs('archived_jobs')}) AS dead
    ORDER BY "finishedAt" DESC, id DESC LIMIT $1`,
};

/** Counts rows of other features at a bounded cost: each number reads a limited range of one index. */
@Injectable()
export class StatsRepository {
  constructor(private readonly reads: PreparedQueries) {}

  /** The numbers of the last days, the oldest first. */
  async countByDay(days: number, limit: number): Promise<DayCounts[]> {
    return await this.reads.query<DayCounts>(dayCounts, [days, limit]);
  }

  /** The latest first. */
  async findLatestFailures(limit: number): Promise<FailedJob[]> {
    return await this.reads.query<FailedJob>(latestFailures, [limit]);
  }
}
