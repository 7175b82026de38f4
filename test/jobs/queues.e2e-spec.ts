import { describe, expect, it } from '@jest/globals';
import { QueuesRepository } from '../../src/platform/queue/dispatch/queues.repository.ts';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import { startApp } from '../harness/app/app.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Of each queue. */
const concurrency = 3;
const variables = { WORKER_CONCURRENCY: String(concurrency) };
const { app, api, factory, database } = await startApp(variables, [
  ExampleJobsModule,
  shortQueueTimings({ outboxPollIntervalMs: 1000 }),
]);
const admin = await factory.admin();
const asAdmin = api.as(admin);

interface Queue {
  readonly name: string;
  readonly paused: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly oldestQueuedSeconds: number | null;
  readonly finishedLastMinute: number;
}

async function queue(name: string): Promise<Queue | undefined> {
  const { data } = (await asAdmin.get('/v1/queues')).body as { data: Queue[] };
  return data.find((listed) => listed.name === name);
}

interface DayTotal {
  readonly day: string;
  readonly count: number;
  readonly isExact: boolean;
}

interface Overview {
  readonly computedAt: string;
  readonly service: { readonly version: string; readonly uptimeSeconds: number; readonly checks: unknown };
  readonly users: { readonly byStatus: unknown; readonly newPerDay: DayTotal[] };
  readonly logins: { readonly succeededPerDay: DayTotal[]; readonly failedPerDay: DayTotal[] };
  readonly queues: Queue[];
  readonly latestFailures: { readonly id: string }[];
}

describe('GET /v1/stats/overview', () => {
  const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const insertLogins = async (event: string, day: string, count: number): Promise<void> => {
    await database.pool.query(
      `INSERT INTO audit_events (id, at, event, outcome)
       SELECT uuid_v7(n), $2::timestamptz, $1, 'success' FROM generate_series(1, $3::int) AS n`,
      [event, day, count],
    );
  };
  const insertDeadJobs = async (count: number): Promise<string[]> => {
    const { rows } = await database.pool.query<{ id: string }>(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, attempts, max_attempts, run_at, finished_at, error)
       SELECT gen_random_uuid(), 'test.effect', 'heavy', '{}', 'dead', 'done', 5, 5, now(),
         now() - interval '2 days' - n * interval '1 min', '{"name": "Error", "message": "no response"}'
       FROM generate_series(1, $1::int) AS n RETURNING id`,
      [count],
    );
    return rows.map(({ id }) => id);
  };

  it('returns the state of the service, and the numbers of users, logins and jobs', async () => {
    const [long, recent, limited] = [daysAgo(29), daysAgo(3), daysAgo(5)];
    for (const createdAt of [`${long}T00:00:00Z`, `${recent}T00:00:00Z`, `${recent}T23:59:59.999Z`])
      await factory.user({ createdAt });
    await factory.user({ createdAt: `${recent}T12:00:00Z`, deleted: true });
    await factory.user({ createdAt: `${daysAgo(30)}T12:00:00Z`, disabled: true });
    await factory.user({ createdAt: `${daysAgo(40)}T12:00:00Z`, verified: false });
    await insertLogins('authn_login_success', `${recent}T08:00:00Z`, 2);
    await insertLogins('authn_login_fail', `${recent}T08:00:00Z`, 3);
    await insertLogins('authn_login_success', `${limited}T08:00:00Z`, 10_001);
    await insertLogins('authn_login_fail', `${limited}T08:00:00Z`, 10_000);
    const dead = await insertDeadJobs(12);

    const { status, body } = await asAdmin.get('/v1/stats/overview');

    const overview = body as Overview;
    const { users, logins } = overview;
    const of = (days: readonly DayTotal[], day: string): DayTotal | undefined => days.find((each) => each.day === day);
    expect(status).toBe(200);
    expect(overview.service).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptimeSeconds: expect.any(Number),
      checks: { database: 'up', settings: 'up', privileges: 'up', migrations: 'up' },
    });
    expect(users.byStatus).toEqual({
      active: { count: 4, isExact: true },
      disabled: { count: 1, isExact: true },
      unverified: { count: 1, isExact: true },
    });
    for (const series of [users.newPerDay, logins.succeededPerDay, logins.failedPerDay]) {
      expect(series).toHaveLength(30);
      expect(series.map(({ day }) => day)).toEqual(series.map(({ day }) => day).sort());
    }
    expect(of(users.newPerDay, long)).toEqual({ day: long, count: 1, isExact: true });
    expect(of(users.newPerDay, recent)).toEqual({ day: recent, count: 2, isExact: true });
    expect(of(logins.succeededPerDay, recent)).toEqual({ day: recent, count: 2, isExact: true });
    expect(of(logins.failedPerDay, recent)).toEqual({ day: recent, count: 3, isExact: true });
    expect(of(logins.succeededPerDay, limited)).toEqual({ day: limited, count: 10_000, isExact: false });
    expect(of(logins.failedPerDay, limited)).toEqual({ day: limited, count: 10_000, isExact: true });
    expect(overview.queues.map(({ name }) => name)).toEqual(['default', 'heavy']);
    expect(overview.latestFailures).toEqual(
      dead.slice(0, 10).map((id) => ({
        ...{ id, type: 'test.effect', queue: 'heavy', attempts: 5, finishedAt: expect.any(String) },
        error: { name: 'Error', message: 'no response' },
      })),
    );
    await database.pool.query(`DELETE FROM jobs WHERE id = ANY($1)`, [dead]);
  });

  it('is computed once for requests within five seconds', async () => {
    const responses = await Promise.all([1, 2, 3].map(async () => await asAdmin.get('/v1/stats/overview')));

    // The state of the process is current: only numbers are cached.
    const numbers = responses.map(({ body }) => JSON.stringify({ ...(body as Overview), service: undefined }));
    expect(new Set(numbers).size).toBe(1);
  });

  it('requires a permission', async () => {
    const asUser = api.as(await factory.user({ roles: [] }));

    expect(await asUser.get('/v1/stats/overview')).toBeProblem('forbidden', 403);
    expect(await api.get('/v1/stats/overview')).toBeProblem('unauthenticated', 401);
  });
});

describe('GET /v1/queues', () => {
  it('counts jobs by state and reports the throughput', async () => {
    const done = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    const dead = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0, fails: true } });
    const running = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
    const runAt = new Date(Date.now() + 60_000).toISOString();
    await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 }, runAt });
    await waitForState(asAdmin, done, 'succeeded');
    await waitForState(asAdmin, dead, 'dead');
    await waitForState(asAdmin, running, 'running');
    const long = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await waitForState(asAdmin, long, 'succeeded');
    await database.pool.query(`UPDATE jobs SET finished_at = now() - interval '2 minutes' WHERE id = $1`, [long]);

    expect(await queue('heavy')).toEqual({
      name: 'heavy',
      paused: false,
      counts: { scheduled: 1, queued: 0, running: 1, succeeded: 2, dead: 1, cancelled: 0 },
      countsAreExact: true,
      oldestQueuedSeconds: null,
      finishedLastMinute: 2,
    });
    // A job of a built-in schedule may be running.
    await waitUntil('the default queue runs no job', async () => {
      return (await queue('default'))?.counts.running === 0;
    });
    expect((await queue('default'))?.counts).toMatchObject({ scheduled: 0, dead: 0 });
    await asAdmin.post(`/v1/jobs/${running}/cancel`);
    await waitForState(asAdmin, running, 'cancelled');
  });

  it('stops counting at its limit, and reports that', async () => {
    const runAt = new Date(Date.now() + 60_000).toISOString();
    for (const steps of [0, 1, 2]) await createJob(asAdmin, { type: 'test.steps', payload: { steps }, runAt });
    const queues = app.get(QueuesRepository);
    const scheduled = ({ counts }: Awaited<ReturnType<typeof queues.count>>): number =>
      counts.filter(({ state }) => state === 'scheduled').reduce((sum, { count }) => sum + count, 0);

    const [limited, all] = [await queues.count(1), await queues.count(1000)];

    expect([scheduled(limited), limited.areExact]).toEqual([2, false]);
    expect([scheduled(all) >= 3, all.areExact]).toEqual([true, true]);
  });

  it('requires a permission', async () => {
    const asUser = api.as(await factory.user({ roles: [] }));

    expect(await asUser.get('/v1/queues')).toBeProblem('forbidden', 403);
    expect(await asUser.post('/v1/queues/heavy/pause')).toBeProblem('forbidden', 403);
    expect(await asUser.post('/v1/queues/heavy/resume')).toBeProblem('forbidden', 403);
    expect(await api.get('/v1/queues')).toBeProblem('unauthenticated', 401);
    expect(await queue('heavy')).toMatchObject({ paused: false });
  });
});

describe('POST /v1/queues/{name}/pause and /resume', () => {
  it('pauses and resumes one queue, and writes one audit event for each', async () => {
    expect(await asAdmin.post('/v1/queues/heavy/pause')).toMatchObject({
      status: 200,
      body: { name: 'heavy', paused: true },
    });
    expect((await asAdmin.post('/v1/queues/heavy/pause')).body).toMatchObject({ paused: true });

    const waiting = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await waitForState(asAdmin, await createJob(asAdmin, { type: 'test.guarded', payload: {} }), 'succeeded');
    await database.pool.query(`UPDATE jobs SET run_at = now() - interval '90 seconds' WHERE id = $1`, [waiting]);
    expect(await queue('heavy')).toMatchObject({
      paused: true,
      counts: { queued: 1, running: 0 },
      oldestQueuedSeconds: expect.any(Number),
    });
    expect((await queue('heavy'))?.oldestQueuedSeconds).toBeGreaterThanOrEqual(90);

    expect((await asAdmin.post('/v1/queues/heavy/resume')).body).toMatchObject({ paused: false });
    expect((await asAdmin.post('/v1/queues/heavy/resume')).status).toBe(200);
    await waitForState(asAdmin, waiting, 'succeeded');
    const audited = [
      ...(await factory.auditEvents({ event: 'queue_paused' })),
      ...(await factory.auditEvents({ event: 'queue_resumed' })),
    ];
    expect(audited).toMatchObject([
      { actor_id: admin.id, outcome: 'success', reason: 'queue heavy' },
      { actor_id: admin.id, outcome: 'success', reason: 'queue heavy' },
    ]);
  });

  it('pauses jobs that wait already', async () => {
    const running = await Promise.all(
      Array.from({ length: concurrency }, async () => {
        return await createJob(asAdmin, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
      }),
    );
    for (const id of running) await waitForState(asAdmin, id, 'running');
    const waiting = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await asAdmin.post('/v1/queues/heavy/pause');
    for (const id of running) await asAdmin.post(`/v1/jobs/${id}/cancel`);
    for (const id of running) await waitForState(asAdmin, id, 'cancelled');
    await waitForState(asAdmin, await createJob(asAdmin, { type: 'test.guarded', payload: {} }), 'succeeded');
    expect((await asAdmin.get(`/v1/jobs/${waiting}`)).body).toMatchObject({ state: 'queued' });

    await asAdmin.post('/v1/queues/heavy/resume');
    await waitForState(asAdmin, waiting, 'succeeded');
  });

  it.each(['no-such', '__proto__', 'Default', '%00'])('returns 404 for the queue %s', async (name) => {
    expect(await asAdmin.post(`/v1/queues/${name}/pause`)).toBeProblem('not-found', 404);
    expect(await asAdmin.post(`/v1/queues/${name}/resume`)).toBeProblem('not-found', 404);
  });
});
