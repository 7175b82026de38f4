import { Injectable } from '@nestjs/common';
import type { CommonAuditRow } from '../database/audit-rows.ts';
import { insertAuditRows } from '../database/audit-rows.ts';
import type { ExpectedVersions } from '../database/expected-versions.ts';
import { Prisma } from '../database/generated/client.ts';
import type { KeysetRequest, Slice } from '../database/keyset.ts';
import { byTime, keysByTime, keysetClauses, slice } from '../database/keyset.ts';
import type { Total } from '../database/totals.ts';
import { Totals } from '../database/totals.ts';
import { Transactions } from '../database/transactions.ts';
import type { DueSchedule, ListedSchedule, NewSchedule, Schedule, ScheduleState } from './schedule.ts';

const columns = Prisma.sql`id, name, type, payload, cron, timezone, paused_at AS "pausedAt", next_run_at AS "nextRunAt",
  last_run_at AS "lastRunAt", owner_id AS "ownerId", version, created_at AS "createdAt", updated_at AS "updatedAt"`;

/** The table of schedules: for those who set them up, and for the scheduler. */
@Injectable()
export class SchedulesRepository {
  constructor(
    private readonly host: Transactions,
    private readonly totals: Totals,
  ) {}

  /** The database's clock: schedules run by no other. */
  async now(): Promise<Date> {
    const [row] = await this.host.tx.$queryRaw<{ now: Date }[]>`SELECT now() AS now`;
    if (row === undefined) throw new Error('The database did not say what time it is');
    return row.now;
  }

  async insert(schedule: NewSchedule): Promise<void> {
    await this.host.tx.$executeRaw`
      INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at, owner_id)
      VALUES (${schedule.id}::uuid, ${schedule.type}, ${schedule.payload}::jsonb, ${schedule.cron},
        ${schedule.timezone}, ${schedule.nextRunAt}::timestamptz, ${schedule.ownerId}::uuid)`;
  }

  async findById(id: string): Promise<Schedule | undefined> {
    const [row] = await this.host.tx.$queryRaw<Schedule[]>`SELECT ${columns} FROM job_schedules WHERE id = ${id}::uuid`;
    return row;
  }

  /** The same, and nobody else changes it until the transaction ends. */
  async lockById(id: string): Promise<Schedule | undefined> {
    const [row] = await this.host.tx.$queryRaw<Schedule[]>`
      SELECT ${columns} FROM job_schedules WHERE id = ${id}::uuid FOR UPDATE`;
    return row;
  }

  async list(request: KeysetRequest): Promise<Slice<ListedSchedule>> {
    return slice(await this.host.tx.$queryRaw<ListedSchedule[]>(scheduleListStatement(request)), request);
  }

  async count(): Promise<Total> {
    return await this.totals.count(Prisma.sql`FROM job_schedules`);
  }

  /** Changes a schedule that has this version; nothing otherwise. */
  async update(id: string, version: number, state: ScheduleState): Promise<Schedule | undefined> {
    const [row] = await this.host.tx.$queryRaw<Schedule[]>`
      UPDATE job_schedules SET cron = ${state.cron}, timezone = ${state.timezone}, payload = ${state.payload}::jsonb,
        paused_at = CASE WHEN ${state.paused} THEN coalesce(paused_at, now()) END,
        next_run_at = ${state.nextRunAt}::timestamptz, owner_id = ${state.ownerId}::uuid, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND version = ${version} RETURNING ${columns}`;
    return row;
  }

  /** Pauses all that this user has set up, and writes an audit event for each. Returns how many. */
  async pauseAllOf(ownerId: string, audit: CommonAuditRow): Promise<number> {
    const events = Prisma.sql`
      SELECT row_number() OVER (ORDER BY id) AS place, ${audit.sessionId}::uuid AS session_id,
        'schedule ' || id || ' paused with its owner' AS reason FROM paused`;
    const [row] = await this.host.tx.$queryRaw<{ count: number }[]>`
      WITH paused AS (
        UPDATE job_schedules SET paused_at = now(), next_run_at = NULL, version = version + 1, updated_at = now()
        WHERE owner_id = ${ownerId}::uuid AND paused_at IS NULL RETURNING id
      ), written AS (${insertAuditRows(audit, events)})
      SELECT count(*)::int AS count FROM paused`;
    return row?.count ?? 0;
  }

  /** Deletes a schedule that has one of these versions and does not ship with the service. */
  async delete(id: string, versions: ExpectedVersions): Promise<boolean> {
    const version = versions === 'any' ? Prisma.sql`true` : Prisma.sql`version = ANY(${versions}::int[])`;
    const deleted = await this.host.tx.$executeRaw`
      DELETE FROM job_schedules WHERE id = ${id}::uuid AND name IS NULL AND ${version}`;
    return deleted === 1;
  }

  /** Schedules of these types that are due, longest first, without those that another process has at hand. */
  async lockDue(types: readonly string[], limit: number): Promise<DueSchedule[]> {
    return await this.host.tx.$queryRaw<DueSchedule[]>`
      SELECT id, type, payload, cron, timezone, owner_id AS "ownerId", next_run_at AS "nextRunAt", now() AS now
      FROM job_schedules
      WHERE paused_at IS NULL AND next_run_at <= now() AND type = ANY(${types}::text[])
      ORDER BY next_run_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
  }

  /** Whether this tick has its job; whoever holds the schedule's lock can rely on a no. */
  async hasJob(id: string, tick: Date): Promise<boolean> {
    const rows = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM jobs WHERE schedule_id = ${id}::uuid AND tick = ${tick}::timestamptz`;
    return rows.length > 0;
  }

  /** Sets the next tick of a schedule, and whether it has just made a job. */
  async advance(id: string, nextRunAt: Date, fired: boolean): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE job_schedules SET next_run_at = ${nextRunAt}::timestamptz, version = version + 1,
        last_run_at = CASE WHEN ${fired} THEN now() ELSE last_run_at END
      WHERE id = ${id}::uuid`;
  }
}

const time = Prisma.sql`created_at`;

/** One page of schedules, oldest first; exported so that its plan can be examined. */
export function scheduleListStatement(request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`
    SELECT ${columns}, ${keysByTime(time)}
    FROM job_schedules WHERE true ${keysetClauses(byTime(time, false), request)}`;
}
