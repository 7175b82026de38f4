import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { QueuesRepository } from '../../src/platform/queue/dispatch/queues.repository.ts';
import { Transport } from '../../src/platform/queue/dispatch/transport.ts';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import { startApp } from '../harness/app/app.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { JobTables } from '../harness/database/job-tables.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

// The relay's poll resumes queues that a test pauses without the table.
const { app, api, factory, database } = await startApp({}, [
  ExampleJobsModule,
  shortQueueTimings({ outboxPollIntervalMs: 1000 }),
]);
const admin = await factory.admin();
const asAdmin = api.as(admin);
const jobs = new JobTables(database);

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

  it('pauses messages that are published already', async () => {
    await app.get(Transport).setPaused('heavy', true);
    const waiting = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await waitUntil('the message is published', async () => (await jobs.find(waiting))?.['delivery'] === 'published');
    await asAdmin.post('/v1/queues/heavy/pause');
    await delay(500);
    expect((await asAdmin.get(`/v1/jobs/${waiting}`)).body).toMatchObject({ state: 'queued' });

    await asAdmin.post('/v1/queues/heavy/resume');
    await waitForState(asAdmin, waiting, 'succeeded');
  });

  it.each(['no-such', '__proto__', 'Default', '%00'])('returns 404 for the queue %s', async (name) => {
    expect(await asAdmin.post(`/v1/queues/${name}/pause`)).toBeProblem('not-found', 404);
    expect(await asAdmin.post(`/v1/queues/${name}/resume`)).toBeProblem('not-found', 404);
  });
});
