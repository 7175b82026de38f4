import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { startApp } from '../harness/app/app.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { JobTables } from '../harness/database/job-tables.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { effectsTable, TestJobsModule } from '../harness/app/test-jobs.ts';

const { database, factory } = await startApp({ AUTH_MFA_REQUIRED_ROLES: 'admin' }, [
  TestJobsModule,
  shortQueueTimings(),
]);
await database.pool.query(effectsTable);
const jobs = new JobTables(database);

interface ScheduleColumns {
  readonly type?: string;
  readonly payload?: object;
  readonly cron?: string;
  readonly timezone?: string;
  /** SQL. */
  readonly nextRunAt?: string;
  readonly paused?: boolean;
  readonly ownerId?: string;
}

/** Stores a schedule; tests move its next occurrence instead of the clock. */
async function storeSchedule(columns: ScheduleColumns = {}): Promise<string> {
  const id = uuidv7();
  await database.pool.query(
    `INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at, paused_at, owner_id)
     VALUES ($1, $2, $3, $4, $5, ${columns.nextRunAt ?? 'now()'}, CASE WHEN $6 THEN now() END, $7)`,
    [
      id,
      columns.type ?? 'test.effect',
      JSON.stringify(columns.payload ?? { key: id }),
      columns.cron ?? '0 * * * *',
      columns.timezone ?? 'UTC',
      columns.paused ?? false,
      columns.ownerId ?? null,
    ],
  );
  return id;
}

async function find(id: string): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `SELECT *, next_run_at > now() AS "isAhead", next_run_at > now() + interval '59 minutes' AS "isDelayed"
     FROM job_schedules WHERE id = $1`,
    [id],
  );
  return rows[0] ?? {};
}

interface CreatedJob {
  readonly id: string;
  readonly state: string;
  readonly owner_id: string | null;
  readonly isLatestOccurrence: boolean;
}

async function jobsOf(id: string): Promise<CreatedJob[]> {
  const { rows } = await database.pool.query<CreatedJob>(
    `SELECT id, state, owner_id, scheduled_for = date_trunc('hour', created_at) AS "isLatestOccurrence" FROM jobs
     WHERE schedule_id = $1 ORDER BY scheduled_for`,
    [id],
  );
  return rows;
}

/** Waits until the scheduler has handled every schedule that is due now. */
async function waitForScheduler(): Promise<void> {
  const last = await storeSchedule({ nextRunAt: `now()` });
  await waitUntil('the scheduler has polled', async () => (await jobsOf(last)).length === 1);
}

beforeAll(async () => {
  await database.pool.query(`UPDATE job_schedules SET paused_at = now()`);
});

describe('A schedule that is due', () => {
  it('creates one job, which runs, and gets its next occurrence', async () => {
    const { id: ownerId } = await factory.user();
    const id = await storeSchedule({ nextRunAt: `date_trunc('hour', now())`, ownerId });

    await waitUntil('the job exists', async () => (await jobsOf(id)).length === 1);

    const [job] = await jobsOf(id);
    expect(job).toMatchObject({ owner_id: ownerId, isLatestOccurrence: true });
    await jobs.reach(job?.id ?? '', 'succeeded');
    expect(await jobs.effects(job?.id ?? '')).toBe(1);
    expect(await find(id)).toMatchObject({ isAhead: true, version: 2, last_run_at: expect.any(Date) });
  });

  it('creates one job for all missed occurrences, for the latest of them', async () => {
    const id = await storeSchedule({ nextRunAt: `date_trunc('hour', now()) - interval '3 days'` });

    await waitForScheduler();

    expect(await jobsOf(id)).toMatchObject([{ isLatestOccurrence: true }]);
    expect(await find(id)).toMatchObject({ isAhead: true });
  });

  it('creates no second job for an occurrence', async () => {
    const id = await storeSchedule({ nextRunAt: `date_trunc('hour', now())` });
    await waitForScheduler();
    const [first] = await jobsOf(id);

    await database.pool.query(
      `UPDATE job_schedules SET next_run_at = (SELECT scheduled_for FROM jobs WHERE schedule_id = $1) WHERE id = $1`,
      [id],
    );
    await waitForScheduler();

    // At the full hour there may be another occurrence.
    expect((await jobsOf(id)).filter((job) => job.id === first?.id)).toHaveLength(1);
    expect(await find(id)).toMatchObject({ isAhead: true });
    const again = database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, max_attempts, run_at, schedule_id, scheduled_for)
       SELECT $2, type, queue, payload, 'queued', 'pending', 5, now(), schedule_id, scheduled_for FROM jobs WHERE id = $1`,
      [first?.id, uuidv7()],
    );
    await expect(again).rejects.toThrow('jobs_schedule_id_scheduled_for_key');
  });

  it('creates no job while it is paused', async () => {
    const id = await storeSchedule({ nextRunAt: `now() - interval '2 days'`, paused: true });

    await waitForScheduler();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isAhead: false, version: 1 });
  });

  it('waits for a build that knows its type, and does not delay other schedules', async () => {
    const ids = [];
    for (let n = 0; n < 50; n += 1) {
      ids.push(await storeSchedule({ type: 'test.unknown', nextRunAt: `now() - interval '2 days'` }));
    }

    await waitForScheduler();

    for (const id of ids) expect(await jobsOf(id)).toEqual([]);
    expect(await find(ids[0] ?? '')).toMatchObject({ isAhead: false, version: 1 });
  });

  it('skips the occurrence when its type no longer accepts the payload', async () => {
    const id = await storeSchedule({ payload: { unknown: 'member' }, nextRunAt: `now() - interval '1 day'` });

    await waitForScheduler();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isAhead: true, last_run_at: null });
  });

  it('skips occurrences while its owner lacks the second factor that a role requires', async () => {
    const { id: ownerId } = await factory.admin();
    const id = await storeSchedule({ ownerId });

    await waitForScheduler();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isAhead: true, last_run_at: null, paused_at: null });
    await database.pool.query('UPDATE users SET mfa_enabled = true WHERE id = $1', [ownerId]);
    await database.pool.query('UPDATE job_schedules SET next_run_at = now() WHERE id = $1', [id]);
    await waitForScheduler();
    expect(await jobsOf(id)).toMatchObject([{ owner_id: ownerId }]);
  });

  it.each([
    ['cron expression', { cron: 'no longer valid' }],
    ['time zone', { timezone: 'Mars/Olympus' }],
  ])('is delayed by an hour when its %s is invalid', async (_, columns) => {
    const id = await storeSchedule({ ...columns, nextRunAt: `now() - interval '1 day'` });

    await waitForScheduler();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isDelayed: true, last_run_at: null });
  });

  it('follows its time zone', async () => {
    const id = await storeSchedule({ cron: '30 2 * * *', timezone: 'Asia/Kathmandu' });

    await waitForScheduler();

    const { rows } = await database.pool.query<{ local: string }>(
      `SELECT to_char(next_run_at AT TIME ZONE timezone, 'HH24:MI:SS') AS local FROM job_schedules WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([{ local: '02:30:00' }]);
  });
});
