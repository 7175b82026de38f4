import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.ts';
import { PreparedQueries } from '../database/prepared-queries.ts';
import type { JobUpdate } from './job.ts';

/** The columns that the tables of jobs and of archived jobs have in common. */
export const commonColumns = `id, type, queue, owner_id, payload, state, priority, limited_by, deduplication_key,
  delivery_no, attempts, max_attempts, progress, result, error, event_seq, request_id, traceparent, schedule_id,
  scheduled_for, run_at, created_at, started_at, finished_at`;

/** The archived events of a row, as rows of `job_events`. */
const archivedEvents = 'jsonb_to_recordset(events) AS event (seq int, at timestamptz, kind text, data jsonb)';

/**
 * Moves at most `$1` jobs that finished a week ago, with their events: at most ten times as many besides those of the
 * last job, of which one may have many. A job with an artifact stays in the table of jobs, and so does one with more
 * than 10,000 events, of which each read of 200 would parse all. Jobs that another transaction has locked are skipped.
 */
const archive = {
  name: 'archive jobs',
  text: `
    WITH finished AS (
      SELECT id, event_seq, finished_at FROM jobs
      WHERE finished_at < now() - interval '7 days' AND event_seq <= 10000
        AND NOT EXISTS (SELECT FROM artifacts WHERE job_id = jobs.id)
      ORDER BY finished_at LIMIT $1::int FOR UPDATE SKIP LOCKED
    ), batch AS (
      SELECT id FROM (
        SELECT id, sum(event_seq) OVER (ORDER BY finished_at, id) - event_seq AS events_before FROM finished
      ) AS counted WHERE events_before < 10 * $1::int
    ), job AS (
      DELETE FROM jobs WHERE id = ANY(ARRAY(SELECT id FROM batch)) RETURNING ${commonColumns}
    )
    INSERT INTO archived_jobs (${commonColumns}, events)
    SELECT ${commonColumns}, coalesce((
      SELECT jsonb_agg(jsonb_build_object('seq', seq, 'at', at, 'kind', kind, 'data', data) ORDER BY seq)
      FROM job_events WHERE job_id = job.id
    ), '[]') FROM job RETURNING id`,
};

const restore = {
  name: 'restore archived job',
  text: `
    WITH archived AS (
      DELETE FROM archived_jobs WHERE id = $1::uuid AND state IN ('dead', 'cancelled') RETURNING *
    ), job AS (
      INSERT INTO jobs (${commonColumns}, delivery) SELECT ${commonColumns}, 'done' FROM archived RETURNING id
    ), event AS (
      INSERT INTO job_events (job_id, seq, at, kind, data)
      SELECT id, seq, at, kind, data FROM archived, ${archivedEvents}
    )
    SELECT id FROM job`,
};

const findUpdates = {
  name: 'updates of archived jobs',
  text: `
    SELECT id, event_seq AS "lastSeq", true AS finished, coalesce((
        SELECT jsonb_agg(jsonb_build_object('seq', seq, 'kind', kind, 'data', data) ORDER BY seq) FROM (
          SELECT seq, kind,
            data || jsonb_build_object('at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS data
          FROM ${archivedEvents} WHERE seq > after ORDER BY seq LIMIT $3::int
        ) AS next_events
      ), '[]') AS events
    FROM unnest($1::uuid[], $2::int[]) AS request (job, after) JOIN archived_jobs ON id = job`,
};

/** Finished jobs that were moved out of the table of jobs, so that it stays small. */
@Injectable()
export class ArchivedJobsRepository {
  constructor(
    private readonly db: Transactions,
    private readonly queries: PreparedQueries,
  ) {}

  /** Moves jobs that finished a week ago and have no artifact, at most `limit`, and returns how many. */
  async archive(limit: number): Promise<number> {
    return (await this.queries.query(archive, [limit])).length;
  }

  /**
   * Creates the partition of this month, drops the partitions whose jobs all finished 30 days ago, deletes at most
   * `limit` such jobs without a partition of their month, and returns how many jobs that were.
   */
  async expire(limit: number): Promise<number> {
    const [row] = await this.db.tx.$queryRaw<{ count: number }[]>`SELECT archived_jobs_expire(${limit}::int) AS count`;
    return row?.count ?? 0;
  }

  /** Moves a dead or cancelled job back with its events. Returns false when the archive has no such job. */
  async restore(id: string): Promise<boolean> {
    return (await this.queries.query(restore, [id])).length === 1;
  }

  /** The same as `JobsRepository.findUpdates`. */
  async findUpdates(afterSeqs: ReadonlyMap<string, number>, limit: number): Promise<(JobUpdate & { id: string })[]> {
    return await this.queries.query(findUpdates, [[...afterSeqs.keys()], [...afterSeqs.values()], limit]);
  }
}
