import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { QueuesRepository } from '../src/queue/queues.repository.ts';
import { Transport } from '../src/queue/transport.ts';
import { ApiJobsModule } from './support/api-jobs.ts';
import { start } from './support/app.ts';
import { ask, reaches } from './support/job-calls.ts';
import { Jobs } from './support/jobs.ts';
import { until } from './support/running.ts';

const { app, api, given, database } = await start({}, [ApiJobsModule]);
const admin = await given.admin();
const asAdmin = api.as(admin);
const jobs = new Jobs(database);

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
  it('counts jobs by state and tells how fast they go', async () => {
    const done = await ask(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    const dead = await ask(asAdmin, { type: 'test.steps', payload: { steps: 0, fails: true } });
    const running = await ask(asAdmin, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
    const runAt = new Date(Date.now() + 60_000).toISOString();
    await ask(asAdmin, { type: 'test.steps', payload: { steps: 0 }, runAt });
    await reaches(asAdmin, done, 'succeeded');
    await reaches(asAdmin, dead, 'dead');
    await reaches(asAdmin, running, 'running');
    const long = await ask(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await reaches(asAdmin, long, 'succeeded');
    await database.pool.query(`UPDATE jobs SET finished_at = now() - interval '2 minutes' WHERE id = $1`, [long]);

    expect(await queue('heavy')).toEqual({
      name: 'heavy',
      paused: false,
      counts: { scheduled: 1, queued: 0, running: 1, succeeded: 2, dead: 1, cancelled: 0 },
      countsAreExact: true,
      oldestQueuedSeconds: null,
      finishedLastMinute: 2,
    });
    // What the product does on its own schedules may be running beside it for a moment.
    await until('nothing runs here while the other queue works', async () => {
      return (await queue('default'))?.counts.running === 0;
    });
    expect((await queue('default'))?.counts).toMatchObject({ scheduled: 0, dead: 0 });
    await asAdmin.post(`/v1/jobs/${running}/cancel`);
    await reaches(asAdmin, running, 'cancelled');
  });

  it('counts so many of a kind and no more, and says so', async () => {
    const runAt = new Date(Date.now() + 60_000).toISOString();
    for (const steps of [0, 1, 2]) await ask(asAdmin, { type: 'test.steps', payload: { steps }, runAt });
    const queues = app.get(QueuesRepository);
    const scheduled = ({ counts }: Awaited<ReturnType<typeof queues.count>>): number =>
      counts.filter(({ state }) => state === 'scheduled').reduce((sum, { count }) => sum + count, 0);

    const [some, all] = [await queues.count(1), await queues.count(1000)];

    expect([scheduled(some), some.areExact]).toEqual([2, false]);
    expect([scheduled(all) >= 3, all.areExact]).toEqual([true, true]);
  });

  it('needs a permission', async () => {
    const asUser = api.as(await given.user());

    expect(await asUser.get('/v1/queues')).toBeProblem('forbidden', 403);
    expect(await asUser.post('/v1/queues/heavy/pause')).toBeProblem('forbidden', 403);
    expect(await asUser.post('/v1/queues/heavy/resume')).toBeProblem('forbidden', 403);
    expect(await api.get('/v1/queues')).toBeProblem('unauthenticated', 401);
    expect(await queue('heavy')).toMatchObject({ paused: false });
  });
});

describe('POST /v1/queues/{name}/pause and /resume', () => {
  it('makes a queue wait and go on, other queues apart, and is written down once', async () => {
    expect(await asAdmin.post('/v1/queues/heavy/pause')).toMatchObject({
      status: 200,
      body: { name: 'heavy', paused: true },
    });
    expect((await asAdmin.post('/v1/queues/heavy/pause')).body).toMatchObject({ paused: true });

    const waiting = await ask(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await reaches(asAdmin, await ask(asAdmin, { type: 'test.guarded', payload: {} }), 'succeeded');
    await delay(1200);
    expect(await queue('heavy')).toMatchObject({
      paused: true,
      counts: { queued: 1, running: 0 },
      oldestQueuedSeconds: expect.any(Number),
    });
    expect((await queue('heavy'))?.oldestQueuedSeconds).toBeGreaterThanOrEqual(1);

    expect((await asAdmin.post('/v1/queues/heavy/resume')).body).toMatchObject({ paused: false });
    expect((await asAdmin.post('/v1/queues/heavy/resume')).status).toBe(200);
    await reaches(asAdmin, waiting, 'succeeded');
    const audited = [
      ...(await given.auditEvents({ event: 'queue_paused' })),
      ...(await given.auditEvents({ event: 'queue_resumed' })),
    ];
    expect(audited).toMatchObject([
      { actor_id: admin.id, outcome: 'success', reason: 'queue heavy' },
      { actor_id: admin.id, outcome: 'success', reason: 'queue heavy' },
    ]);
  });

  it('holds messages that the queue has already', async () => {
    const hold = async (held: boolean): Promise<void> => {
      await app.get(Transport).hold('heavy', held);
    };
    await hold(true);
    const waiting = await ask(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    await until('sent', async () => (await jobs.find(waiting))?.['dispatch'] === 'sent');
    await asAdmin.post('/v1/queues/heavy/pause');
    await delay(500);
    expect((await asAdmin.get(`/v1/jobs/${waiting}`)).body).toMatchObject({ state: 'queued' });

    await asAdmin.post('/v1/queues/heavy/resume');
    await reaches(asAdmin, waiting, 'succeeded');
  });

  it.each(['no-such', '__proto__', 'Default', '%00'])('knows no queue %s', async (name) => {
    expect(await asAdmin.post(`/v1/queues/${name}/pause`)).toBeProblem('not-found', 404);
    expect(await asAdmin.post(`/v1/queues/${name}/resume`)).toBeProblem('not-found', 404);
  });
});
