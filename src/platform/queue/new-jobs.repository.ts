import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../database/prepared-queries.ts';
import { fairAt } from './dispatch/fair-at.repository.ts';
import type { Job, QueueName } from './job.ts';
import { jobColumns } from './jobs.repository.ts';

/** What jobs to be stored have in common. */
export interface NewJobs {
  readonly type: string;
  readonly queue: QueueName;
  readonly ownerId: string | null;
  readonly priority: number;
  readonly maxAttempts: number;
  /** The type, if it has limits. */
  readonly limitedBy: string | null;
  /** Null for now. */
  readonly runAt: Date | null;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  /** Both null unless a schedule creates the job. */
  readonly scheduleId: string | null;
  readonly scheduledFor: Date | null;
  /** Null unless the job is stored only while no unfinished job of its type has the same key. */
  readonly deduplicationKey: string | null;
}

/** What is different in each of several jobs. */
export interface NewJobEntry {
  readonly id: string;
  /** JSON text. */
  readonly payload: string;
}

/** Between two calls of `insert`, the job with the same key may end. */
const maxTries = 5;

/**
 * Stores jobs with their first events. Jobs that are scheduled for later take their places in turn when they are due.
 *
 * @param entries a subquery of the ids, the payloads, and the numbers of the jobs from 0
 */
const insertStatement = (entries: string, onConflict = ''): string => `
  WITH job AS (
    INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, priority, fair_at, next_delivery_at,
      max_attempts, request_id, traceparent, schedule_id, scheduled_for, run_at, event_seq, limited_by, deduplication_key)
    SELECT entry.id, $2::text, $3::text, $4::uuid, entry.payload, CASE WHEN is_later THEN 'scheduled' ELSE 'queued' END,
      CASE WHEN is_later THEN 'delayed' WHEN $13::text IS NOT NULL THEN 'limited' ELSE 'pending' END, $6::smallint,
      CASE WHEN is_later THEN 0 ELSE entry.nth + ${fairAt({
        queue: '$3::text',
        priority: '$6::smallint',
        owner: '$4::uuid',
        limitedBy: '$13::text',
      })} END,
      at, $7::int, $9::text, $10::text, $11::uuid, $12::timestamptz, at, 1, $13::text, $14::text
    FROM (SELECT coalesce($8::timestamptz, now()) AS at, coalesce($8::timestamptz > now(), false) AS is_later) AS request,
      ${entries} AS entry
    ${onConflict}
    RETURNING *
  ), event AS (
    INSERT INTO job_events (job_id, seq, kind, data)
    SELECT id, 1, 'state', jsonb_build_object('state', state) FROM job
  )
  SELECT ${jobColumns} FROM job`;

const one = '(SELECT $1::uuid AS id, $5::jsonb AS payload, 0 AS nth)';

const insertOne = { name: 'insert job', text: insertStatement(one) };

const insertUnlessDuplicate = {
  name: 'insert job with key',
  text: insertStatement(
    one,
    `ON CONFLICT (type, deduplication_key) WHERE deduplication_key IS NOT NULL AND delivery <> 'done' DO NOTHING`,
  ),
};

const insertMany = {
  name: 'insert jobs',
  text: insertStatement(`(SELECT id, payload::jsonb AS payload, nth - 1 AS nth
    FROM unnest($1::uuid[], $5::text[]) WITH ORDINALITY AS rows (id, payload, nth))`),
};

const findDuplicate = {
  name: 'find job by key',
  text: `SELECT ${jobColumns} FROM jobs WHERE type = $1 AND deduplication_key = $2 AND delivery <> 'done'`,
};

/** Stores new jobs. */
@Injectable()
export class NewJobsRepository {
  constructor(private readonly queries: PreparedQueries) {}

  /** Stores a job and returns it; instead, returns the unfinished job of its type with the same deduplication key. */
  async insert({ id, payload }: NewJobEntry, job: NewJobs): Promise<Job> {
    if (job.deduplicationKey === null)
      return single(await this.queries.query<Job>(insertOne, valuesOf(id, payload, job)));
    for (let tries = 0; tries < maxTries; tries += 1) {
      const [stored] = await this.queries.query<Job>(insertUnlessDuplicate, valuesOf(id, payload, job));
      if (stored !== undefined) return stored;
      const [existing] = await this.queries.query<Job>(findDuplicate, [job.type, job.deduplicationKey]);
      if (existing !== undefined) return existing;
    }
    throw new Error('Jobs with the same deduplication key end too fast');
  }

  /** Stores jobs by one statement. */
  async insertAll(entries: readonly NewJobEntry[], jobs: NewJobs): Promise<void> {
    const [ids, payloads] = [entries.map(({ id }) => id), entries.map(({ payload }) => payload)];
    await this.queries.query(insertMany, valuesOf(ids, payloads, jobs));
  }
}

function valuesOf(id: string | readonly string[], payload: string | readonly string[], job: NewJobs): unknown[] {
  return [
    ...[id, job.type, job.queue, job.ownerId, payload, job.priority, job.maxAttempts, job.runAt, job.requestId],
    ...[job.traceparent, job.scheduleId, job.scheduledFor, job.limitedBy, job.deduplicationKey],
  ];
}

function single([stored]: readonly Job[]): Job {
  if (stored === undefined) throw new Error('The job was not stored');
  return stored;
}
