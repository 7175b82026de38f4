import { Injectable } from '@nestjs/common';
import { Prisma } from '../database/generated/client.ts';
import type { Bound, KeysetRequest, Slice } from '../database/keyset.ts';
import { byTime, impliedBound, keysByTime, readsDescending, slice } from '../database/keyset.ts';
import type { KeyedRows } from '../database/list-key.ts';
import { keyedPage, keyedRows } from '../database/list-key.ts';
import { PreparedQueries } from '../database/prepared-queries.ts';
import type { Total } from '../database/totals.ts';
import { Totals } from '../database/totals.ts';
import { commonColumns } from './archived-jobs.repository.ts';
import type { Job, JobState } from './job.ts';
import { finishedStates, jobStates } from './job.ts';
import { jobColumns } from './jobs.repository.ts';

/** The jobs of a list. */
export interface JobFilter {
  /** Absent for the jobs of all users. */
  readonly ownerId?: string | undefined;
  readonly type?: string | undefined;
  readonly state?: JobState | undefined;
  /** RFC 3339, exclusive. */
  readonly createdAfter?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly createdBefore?: string | undefined;
  readonly descending: boolean;
}

/** A job in a list, with the values of the list's sort order, as text. */
export interface ListedJob extends Job {
  readonly keys: readonly string[];
}

const columns = Prisma.raw(jobColumns);
const common = Prisma.raw(commonColumns);

/** Lists jobs, those of the archive included. */
@Injectable()
export class JobListsRepository {
  constructor(
    private readonly reads: PreparedQueries,
    private readonly totals: Totals,
  ) {}

  /** A page of the latest jobs is usually one of the table of jobs: planning all partitions of the archive costs more. */
  async list(filter: JobFilter, request: KeysetRequest): Promise<Slice<ListedJob>> {
    const youngestArchived = Date.now() - youngestArchivedMs;
    if (readsLatest(filter, request, youngestArchived)) {
      const rows = await this.rowsOf(jobListStatement(filter, request, 'jobs'));
      const oldest = rows[request.limit]?.createdAt.getTime();
      if (oldest !== undefined && oldest > youngestArchived) return slice(rows, request);
    }
    return slice(await this.rowsOf(jobListStatement(filter, request)), request);
  }

  private async rowsOf(statement: Prisma.Sql): Promise<ListedJob[]> {
    return await this.reads.queryDynamic<ListedJob>(statement, 'each time');
  }

  async count(filter: JobFilter): Promise<Total> {
    const all = Prisma.sql`(SELECT ${common} FROM jobs UNION ALL SELECT ${common} FROM archived_jobs) AS every`;
    return await this.totals.count(keyedRows(rowsOf(filter)), Prisma.sql`FROM ${all} WHERE ${conditions(filter)}`);
  }
}

const time = Prisma.sql`created_at`;

/** No archived job is younger, with a day for the difference of clocks: jobs are moved a week after they finished. */
const youngestArchivedMs = 6 * 24 * 3600 * 1000;

/** Whether the page begins with jobs that were created after this time, and continues with older ones. */
function readsLatest({ descending, createdBefore }: JobFilter, request: KeysetRequest, time: number): boolean {
  const starts = [createdBefore, request.from?.keys[0]].filter((start) => typeof start === 'string');
  return readsDescending(descending, request) && starts.every((start) => Date.parse(start) > time);
}

/** One page of jobs, of both tables or of the first; exported for the tests of query plans. */
export function jobListStatement(filter: JobFilter, request: KeysetRequest, from: 'all' | 'jobs' = 'all'): Prisma.Sql {
  const rows = rowsOf(filter, impliedBound(filter.descending, request)).slice(0, from === 'jobs' ? 1 : undefined);
  return Prisma.sql`
    SELECT ${columns}, ${keysByTime(time)} ${keyedPage(rows, byTime(time, filter.descending), request, common)}`;
}

/** The rows of both tables; those of the archive are finished. */
function rowsOf({ ownerId, type, state, ...times }: JobFilter, implied?: Bound): KeyedRows[] {
  const filters: { column: Prisma.Sql; value: Prisma.Sql }[] = [];
  if (ownerId !== undefined)
    filters.push({ column: Prisma.sql`owner_id::text`, value: Prisma.sql`${ownerId}::uuid::text` });
  if (type !== undefined) filters.push({ column: Prisma.sql`type`, value: Prisma.sql`${type}::text` });
  const rows = (table: Prisma.Sql, states: readonly JobState[]): KeyedRows => ({
    table,
    filters,
    each: { column: Prisma.sql`state`, values: states },
    conditions: conditions(times, implied),
  });
  const requested = state === undefined ? jobStates : [state];
  const archived = requested.filter((each) => finishedStates.includes(each));
  return [rows(Prisma.sql`jobs`, requested), rows(Prisma.sql`archived_jobs`, archived)];
}

/** The condition of a filter; the keyset's bound may imply a part of it. */
function conditions(filter: Omit<JobFilter, 'descending'>, implied?: Bound): Prisma.Sql {
  const { createdAfter, createdBefore } = filter;
  const parts = [Prisma.sql`true`];
  if (filter.ownerId !== undefined) parts.push(Prisma.sql`owner_id = ${filter.ownerId}::uuid`);
  if (filter.type !== undefined) parts.push(Prisma.sql`type = ${filter.type}`);
  if (filter.state !== undefined) parts.push(Prisma.sql`state = ${filter.state}`);
  if (createdAfter !== undefined && implied !== 'lower')
    parts.push(Prisma.sql`created_at > ${createdAfter}::timestamptz`);
  if (createdBefore !== undefined && implied !== 'upper')
    parts.push(Prisma.sql`created_at < ${createdBefore}::timestamptz`);
  return Prisma.join(parts, ' AND ');
}
