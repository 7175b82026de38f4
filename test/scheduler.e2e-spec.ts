import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { start } from './support/app.ts';
import { Jobs } from './support/jobs.ts';
import { until } from './support/running.ts';
import { effectsTable, TestJobsModule } from './support/test-jobs.ts';

const { database, given } = await start({}, [TestJobsModule]);
await database.pool.query(effectsTable);
const jobs = new Jobs(database);

interface Traits {
  readonly type?: string;
  readonly payload?: object;
  readonly cron?: string;
  readonly timezone?: string;
  /** SQL. */
  readonly nextRunAt?: string;
  readonly paused?: boolean;
  readonly ownerId?: string;
}

/** A schedule as somebody else stored it; its time is moved instead of the clock. */
async function scheduled(traits: Traits = {}): Promise<string> {
  const id = uuidv7();
  await database.pool.query(
    `INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at, paused_at, owner_id)
     VALUES ($1, $2, $3, $4, $5, ${traits.nextRunAt ?? 'now()'}, CASE WHEN $6 THEN now() END, $7)`,
    [
      id,
      traits.type ?? 'test.effect',
      JSON.stringify(traits.payload ?? { key: id }),
      traits.cron ?? '0 * * * *',
      traits.timezone ?? 'UTC',
      traits.paused ?? false,
      traits.ownerId ?? null,
    ],
  );
  return id;
}

async function find(id: string): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `SELECT *, next_run_at > now() AS "isAhead", next_run_at > now() + interval '59 minutes' AS "isResting"
     FROM job_schedules WHERE id = $1`,
    [id],
  );
  return rows[0] ?? {};
}

interface Made {
  readonly id: string;
  readonly state: string;
  readonly owner_id: string | null;
  readonly tickIsLatest: boolean;
}

async function jobsOf(id: string): Promise<Made[]> {
  const { rows } = await database.pool.query<Made>(
    `SELECT id, state, owner_id, tick = date_trunc('hour', created_at) AS "tickIsLatest" FROM jobs
     WHERE schedule_id = $1 ORDER BY tick`,
    [id],
  );
  return rows;
}

/** Waits until the scheduler has looked at everything that is due now. */
async function looked(): Promise<void> {
  const last = await scheduled({ nextRunAt: `now()` });
  await until('the scheduler has looked', async () => (await jobsOf(last)).length === 1);
}

beforeAll(async () => {
  await database.pool.query(`UPDATE job_schedules SET paused_at = now()`);
});

describe('A schedule that is due', () => {
  it('makes one job, which runs, and sets its next time', async () => {
    const { id: ownerId } = await given.user();
    const id = await scheduled({ nextRunAt: `date_trunc('hour', now())`, ownerId });

    await until('there is a job', async () => (await jobsOf(id)).length === 1);

    const [job] = await jobsOf(id);
    expect(job).toMatchObject({ owner_id: ownerId, tickIsLatest: true });
    await jobs.reach(job?.id ?? '', 'succeeded');
    expect(await jobs.effects(job?.id ?? '')).toBe(1);
    expect(await find(id)).toMatchObject({ isAhead: true, version: 2, last_run_at: expect.any(Date) });
  });

  it('makes one job for all that was missed, for the latest tick', async () => {
    const id = await scheduled({ nextRunAt: `date_trunc('hour', now()) - interval '3 days'` });

    await looked();

    expect(await jobsOf(id)).toMatchObject([{ tickIsLatest: true }]);
    expect(await find(id)).toMatchObject({ isAhead: true });
  });

  it('makes no second job of a tick, whatever its next time says', async () => {
    const id = await scheduled({ nextRunAt: `date_trunc('hour', now())` });
    await looked();
    const [first] = await jobsOf(id);

    await database.pool.query(
      `UPDATE job_schedules SET next_run_at = (SELECT tick FROM jobs WHERE schedule_id = $1) WHERE id = $1`,
      [id],
    );
    await looked();

    // At the full hour there may be a next one.
    expect((await jobsOf(id)).filter((job) => job.id === first?.id)).toHaveLength(1);
    expect(await find(id)).toMatchObject({ isAhead: true });
    const again = database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, dispatch, max_attempts, run_at, schedule_id, tick)
       SELECT $2, type, queue, payload, 'queued', 'ready', 5, now(), schedule_id, tick FROM jobs WHERE id = $1`,
      [first?.id, uuidv7()],
    );
    await expect(again).rejects.toThrow('jobs_schedule_id_tick_key');
  });

  it('does nothing while it is paused', async () => {
    const id = await scheduled({ nextRunAt: `now() - interval '2 days'`, paused: true });

    await looked();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isAhead: false, version: 1 });
  });

  it('waits for a build that knows its type, and holds up nobody', async () => {
    const ids = [];
    for (let n = 0; n < 50; n += 1) {
      ids.push(await scheduled({ type: 'from.the.future', nextRunAt: `now() - interval '2 days'` }));
    }

    await looked();

    for (const id of ids) expect(await jobsOf(id)).toEqual([]);
    expect(await find(ids[0] ?? '')).toMatchObject({ isAhead: false, version: 1 });
  });

  it('goes on to its next time when its payload is no longer what the type takes', async () => {
    const id = await scheduled({ payload: { nobody: 'knows' }, nextRunAt: `now() - interval '1 day'` });

    await looked();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isAhead: true, last_run_at: null });
  });

  it.each([
    ['cron expression', { cron: 'no longer valid' }],
    ['time zone', { timezone: 'Mars/Olympus' }],
  ])('rests for an hour when its %s can not be read', async (_, traits) => {
    const id = await scheduled({ ...traits, nextRunAt: `now() - interval '1 day'` });

    await looked();

    expect(await jobsOf(id)).toEqual([]);
    expect(await find(id)).toMatchObject({ isResting: true, last_run_at: null });
  });

  it('takes its time from its time zone', async () => {
    const id = await scheduled({ cron: '30 2 * * *', timezone: 'Asia/Kathmandu' });

    await looked();

    const { rows } = await database.pool.query<{ local: string }>(
      `SELECT to_char(next_run_at AT TIME ZONE timezone, 'HH24:MI:SS') AS local FROM job_schedules WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([{ local: '02:30:00' }]);
  });
});
