import { Injectable } from '@nestjs/common';
import { Prisma } from '../database/generated/client.ts';
import { Transactions } from '../database/transactions.ts';
import { ArchivedJobsRepository } from './archived-jobs.repository.ts';
import { fairAt } from './dispatch/fair-at.repository.ts';
import type { Job, JobEvent, JobUpdate, JobState } from './job.ts';

/** The columns of a `Job`. */
export const jobColumns = `id, type, queue, owner_id AS "ownerId", payload, state, priority, attempts,
  max_attempts AS "maxAttempts", progress, result, error, request_id AS "requestId", schedule_id AS "scheduleId",
  run_at AS "runAt", created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"`;
const columns = Prisma.raw(jobColumns);

/** RFC 3339 in UTC with milliseconds, as in all responses. */
const eventTime = Prisma.sql`to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The jobs for callers of the API, those of the archive included; workers use claims.repository.ts and
 * leases.repository.ts. A job that is moved is in one of the two tables for each statement.
 */
@Injectable()
export class JobsRepository {
  constructor(
    private readonly db: Transactions,
    private readonly archive: ArchivedJobsRepository,
  ) {}

  async findById(id: string): Promise<Job | undefined> {
    const [job] = await this.db.tx.$queryRaw<Job[]>`
      SELECT ${columns} FROM jobs WHERE id = ${id}::uuid
      UNION ALL SELECT ${columns} FROM archived_jobs WHERE id = ${id}::uuid`;
    return job;
  }

  /**
   * Cancels a waiting job, or requests the cancellation of a running one. Returns the job's state before; undefined for
   * an unknown id and for an archived job, which is finished.
   */
  async cancel(id: string): Promise<JobState | undefined> {
    const [found] = await this.db.tx.$queryRaw<{ state: JobState }[]>`
      WITH found AS (SELECT id, state FROM jobs WHERE id = ${id}::uuid FOR UPDATE),
      waiting AS (
        UPDATE jobs SET state = 'cancelled', delivery = 'done', next_delivery_at = NULL, finished_at = now(),
          lease = NULL, lease_expires_at = NULL, event_seq = event_seq + 1
        FROM found WHERE jobs.id = found.id AND found.state IN ('scheduled', 'queued')
        RETURNING jobs.id, event_seq
      ), event AS (
        INSERT INTO job_events (job_id, seq, kind, data)
        SELECT id, event_seq, 'done', '{"state": "cancelled"}' FROM waiting
      ), requested AS (
        UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, now())
        FROM found WHERE jobs.id = found.id AND found.state = 'running'
      )
      SELECT state FROM found`;
    return found?.state;
  }

  /**
   * Queues a dead or cancelled job again with all its attempts; an archived one is moved back before. Returns false in
   * another state, and while an unfinished job has its deduplication key: roll back then.
   */
  async retry(id: string): Promise<boolean> {
    return (await this.requeue(id)) || ((await this.archive.restore(id)) && (await this.requeue(id)));
  }

  private async requeue(id: string): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      WITH job AS (
        UPDATE jobs SET state = 'queued', delivery = CASE WHEN limited_by IS NULL THEN 'pending' ELSE 'limited' END,
          next_delivery_at = now(), run_at = now(), attempts = 0,
          error = NULL, progress = NULL, cancel_requested_at = NULL, started_at = NULL, finished_at = NULL, lease = NULL,
          lease_expires_at = NULL, event_seq = event_seq + 1,
          fair_at = ${Prisma.raw(fairAt({ queue: 'jobs.queue', priority: 'jobs.priority', owner: 'jobs.owner_id', limitedBy: 'jobs.limited_by' }))}
        WHERE id = ${id}::uuid AND state IN ('dead', 'cancelled') AND NOT EXISTS (
          SELECT FROM jobs AS other WHERE other.type = jobs.type
            AND other.deduplication_key = jobs.deduplication_key AND other.delivery <> 'done')
        RETURNING id, event_seq
      )
      INSERT INTO job_events (job_id, seq, kind, data)
      SELECT id, event_seq, 'state', '{"state": "queued"}' FROM job RETURNING seq`;
    return rows.length === 1;
  }

  /** Returns the events after `afterSeq` in order, at most 1,000. */
  async findEvents(jobId: string, afterSeq: number): Promise<JobEvent[]> {
    return await this.db.tx.$queryRaw<JobEvent[]>`
      SELECT seq, kind, data FROM job_events
      WHERE job_id = ${jobId}::uuid AND seq > ${afterSeq} ORDER BY seq LIMIT 1000`;
  }

  /**
   * Returns the events of each job after the given seq, in order, at most `limit` for each job; `at` in their data is
   * their time. Seqs are assigned under the lock of the job's row: none with a lower number appears later. A job that a
   * retry moves out of the archive in this moment may be missing.
   */
  async findUpdates(afterSeqs: ReadonlyMap<string, number>, limit: number): Promise<ReadonlyMap<string, JobUpdate>> {
    const rows = await this.db.tx.$queryRaw<(JobUpdate & { id: string })[]>`
      SELECT id, event_seq AS "lastSeq", finished_at IS NOT NULL AS finished, coalesce((
          SELECT jsonb_agg(jsonb_build_object('seq', seq, 'kind', kind, 'data', data) ORDER BY seq) FROM (
            SELECT seq, kind, data || jsonb_build_object('at', ${eventTime}) AS data FROM job_events
            WHERE job_id = jobs.id AND seq > after ORDER BY seq LIMIT ${limit}
          ) AS new_events
        ), '[]') AS events
      FROM jobs JOIN unnest(${[...afterSeqs.keys()]}::uuid[], ${[...afterSeqs.values()]}::int[]) AS request (job, after)
        ON id = job`;
    const updates = new Map<string, JobUpdate>(rows.map(({ id, ...update }) => [id, update]));
    const others = new Map([...afterSeqs].filter(([id]) => !updates.has(id)));
    if (others.size === 0) return updates;
    for (const { id, ...update } of await this.archive.findUpdates(others, limit)) updates.set(id, update);
    return updates;
  }
}
