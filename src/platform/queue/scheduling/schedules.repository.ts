import { Injectable } from '@nestjs/common';
import type { CommonAuditRow } from '../../database/audit-rows.ts';
import { insertAuditRows } from '../../database/audit-rows.ts';
import type { ExpectedVersions } from '../../database/expected-versions.ts';
import { Prisma } from '../../database/generated/client.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import { byTime, keysByTime, keysetClauses, slice } from '../../database/keyset.ts';
import { PreparedQueries } from '../../database/prepared-queries.ts';
import type { Total } from '../../database/totals.ts';
import { Totals } from '../../database/totals.ts';
import { Transactions } from '../../database/transactions.ts';
import type { DueSchedule, ListedSchedule, NewSchedule, Schedule, ScheduleState } from './schedule.ts';

const columns = Prisma.sql`id, name, type, payload, cron, timezone, paused_at AS "pausedAt", next_run_at AS "nextRunAt",
  last_run_at AS "lastRunAt", owner_id AS "ownerId", version, created_at AS "createdAt", updated_at AS "updatedAt"`;

const due = {
  name: 'due schedules',
  text: `
    SELECT 1 FROM job_schedules WHERE paused_at IS NULL AND next_run_at <= now() AND type = ANY($1::text[]) LIMIT 1`,
};

/** The table of schedules. */
@Injectable()
export class SchedulesRepository {
  constructor(
    private readonly db: Transactions,
    private readonly totals: Totals,
    private readonly reads: PreparedQueries,
  ) {}

  /** The database's clock, the only one that schedules follow. */
  async now(): Promise<Date> {
    const [row] = await this.db.tx.$queryRaw<{ now: Date }[]>`SELECT now() AS now`;
    if (row === undefined) throw new Error('SELECT now() returned no row');
    return row.now;
  }

  async insert(schedule: NewSchedule): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at, owner_id)
      VALUES (${schedule.id}::uuid, ${schedule.type}, ${schedule.payload}::jsonb, ${schedule.cron},
        ${schedule.timezone}, ${schedule.nextRunAt}::timestamptz, ${schedule.ownerId}::uuid)`;
  }

  async findById(id: string): Promise<Schedule | undefined> {
    const [row] = await this.db.tx.$queryRaw<Schedule[]>`SELECT ${columns} FROM job_schedules WHERE id = ${id}::uuid`;
    return row;
  }

  /** Locks the row until the transaction ends. */
  async lockById(id: string): Promise<Schedule | undefined> {
    const [row] = await this.db.tx.$queryRaw<Schedule[]>`
      SELECT ${columns} FROM job_schedules WHERE id = ${id}::uuid FOR UPDATE`;
    return row;
  }

  async list(request: KeysetRequest): Promise<Slice<ListedSchedule>> {
    return slice(await this.db.tx.$queryRaw<ListedSchedule[]>(scheduleListStatement(request)), request);
  }

  async count(): Promise<Total> {
    return await this.totals.count(Prisma.sql`FROM job_schedules`);
  }

  /** Updates a schedule of this version; returns undefined when it has another. */
  async update(id: string, version: number, state: ScheduleState): Promise<Schedule | undefined> {
    const [row] = await this.db.tx.$queryRaw<Schedule[]>`
      UPDATE job_schedules SET cron = ${state.cron}, timezone = ${state.timezone}, payload = ${state.payload}::jsonb,
        paused_at = CASE WHEN ${state.paused} THEN coalesce(paused_at, now()) END,
        next_run_at = ${state.nextRunAt}::timestamptz, owner_id = ${state.ownerId}::uuid, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND version = ${version} RETURNING ${columns}`;
    return row;
  }

  /** Pauses all schedules of this owner, and writes an audit event for each. Returns their number. */
  async pauseAllOf(ownerId: string, audit: CommonAuditRow): Promise<number> {
    const events = Prisma.sql`
      SELECT row_number() OVER (ORDER BY id) AS place, ${audit.sessionId}::uuid AS session_id,
        'schedule ' || id || ' paused with its owner' AS reason FROM paused`;
    const [row] = await this.db.tx.$queryRaw<{ count: number }[]>`
      WITH paused AS (
        UPDATE job_schedules SET paused_at = now(), next_run_at = NULL, version = version + 1, updated_at = now()
        WHERE owner_id = ${ownerId}::uuid AND paused_at IS NULL RETURNING id
      ), written AS (${insertAuditRows(audit, events)})
      SELECT count(*)::int AS count FROM paused`;
    return row?.count ?? 0;
  }

  /** Deletes a schedule that has one of these versions and is not built in. Returns whether it existed. */
  async delete(id: string, versions: ExpectedVersions): Promise<boolean> {
    const version = versions === 'any' ? Prisma.sql`true` : Prisma.sql`version = ANY(${versions}::int[])`;
    const deleted = await this.db.tx.$executeRaw`
      DELETE FROM job_schedules WHERE id = ${id}::uuid AND name IS NULL AND ${version}`;
    return deleted === 1;
  }

  /** Whether a schedule of these types is due, which another process may have locked. */
  async hasDue(types: readonly string[]): Promise<boolean> {
    return (await this.reads.query(due, [types])).length > 0;
  }

  /** Locks schedules of these types that are due, the longest first; skips those that another process has locked. */
  async lockDue(types: readonly string[], limit: number): Promise<DueSchedule[]> {
    return await this.db.tx.$queryRaw<DueSchedule[]>`
      SELECT due.id, type, payload, cron, due.timezone, owner_id AS "ownerId", next_run_at AS "nextRunAt", now() AS now,
        CASE WHEN users.id IS NOT NULL THEN
          jsonb_build_object('roles', users.roles, 'mfaEnabled', users.mfa_enabled) END AS owner
      FROM job_schedules due LEFT JOIN users ON users.id = owner_id
      WHERE paused_at IS NULL AND next_run_at <= now() AND type = ANY(${types}::text[])
      ORDER BY next_run_at LIMIT ${limit} FOR UPDATE OF due SKIP LOCKED`;
  }

  /** Whether this occurrence has a job. A false is reliable while the caller holds the schedule's lock. */
  async hasJob(id: string, occurrence: Date): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM jobs WHERE schedule_id = ${id}::uuid AND scheduled_for = ${occurrence}::timestamptz`;
    return rows.length > 0;
  }

  /** Sets the next occurrence of a schedule; `created`: it has just created a job. */
  async advance(id: string, nextRunAt: Date, created: boolean): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE job_schedules SET next_run_at = ${nextRunAt}::timestamptz, version = version + 1,
        last_run_at = CASE WHEN ${created} THEN now() ELSE last_run_at END
      WHERE id = ${id}::uuid`;
  }
}

const time = Prisma.sql`created_at`;

/** One page of schedules, oldest first; exported for the tests of query plans. */
export function scheduleListStatement(request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`
    SELECT ${columns}, ${keysByTime(time)}
    FROM job_schedules WHERE true ${keysetClauses(byTime(time, false), request)}`;
}
