import { describe, expect, it } from '@jest/globals';
import { ApiJobsModule } from './support/api-jobs.ts';
import { start } from './support/app.ts';
import { ask, reaches } from './support/job-calls.ts';
import { TestJobsModule } from './support/test-jobs.ts';

const { api, given, database } = await start({}, [ApiJobsModule, TestJobsModule]);
const admin = await given.admin();
const asAdmin = api.as(admin);
const ada = await given.user();
const asAda = api.as(ada);

const hourMs = 3_600_000;
const inAnHour = new Date(Date.now() + hourMs).toISOString();
const steps = { type: 'test.steps', payload: { steps: 1 } };

async function jobsOf(ownerId: string): Promise<number> {
  const { rows } = await database.pool.query('SELECT 1 FROM jobs WHERE owner_id = $1', [ownerId]);
  return rows.length;
}

describe('POST /v1/jobs', () => {
  it('promises the work and says where to look', async () => {
    const reply = await asAda.post('/v1/jobs', steps, { 'X-Request-Id': 'asked-for-a-job' });

    expect(reply).toMatchObject({ status: 202, headers: { 'retry-after': '1' } });
    const job = reply.body as { id: string };
    expect(reply.headers['location']).toBe(`/v1/jobs/${job.id}`);
    expect(job).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'test.steps',
      state: 'queued',
      queue: 'heavy',
      priority: 0,
      ownerId: ada.id,
      attempts: 0,
      maxAttempts: 1,
      progress: null,
      result: null,
      error: null,
      runAt: expect.any(String),
      createdAt: expect.any(String),
      startedAt: null,
      finishedAt: null,
    });
    expect(await reaches(asAda, job.id, 'succeeded')).toMatchObject({ attempts: 1, result: { steps: 1 }, error: null });
    const { rows } = await database.pool.query('SELECT request_id FROM jobs WHERE id = $1', [job.id]);
    expect(rows).toEqual([{ request_id: 'asked-for-a-job' }]);
  });

  it('writes down who asked for a type that needs a permission', async () => {
    const id = await ask(asAdmin, { type: 'test.guarded', payload: {} });
    const open = await ask(asAdmin, steps);

    const asked = await given.auditEvents({ event: 'job_requested' });
    expect(asked.filter(({ reason }) => String(reason).includes(id))).toMatchObject([
      { actor_id: admin.id, subject_id: admin.id, reason: `job ${id} of test.guarded` },
    ]);
    expect(asked.filter(({ reason }) => String(reason).includes(open))).toEqual([]);
  });

  it('makes another job of a repetition', async () => {
    expect(await ask(asAda, steps)).not.toBe(await ask(asAda, steps));
  });

  it('lets a job wait for its time, and stores its priority', async () => {
    const reply = await asAda.post('/v1/jobs', { ...steps, runAt: inAnHour, priority: -100 });

    expect(reply.body).toMatchObject({ state: 'scheduled', runAt: inAnHour, priority: -100 });
  });

  it('takes a time that has just gone by for now', async () => {
    const runAt = new Date(Date.now() - 30_000).toISOString();

    expect((await asAda.post('/v1/jobs', { ...steps, runAt })).body).toMatchObject({ state: 'queued' });
  });

  it.each([
    ['an unknown type', { ...steps, type: 'no.such' }, ['#/type']],
    ['an internal type', { type: 'test.effect', payload: { key: 'a' } }, ['#/type']],
    ['a type that is no text', { ...steps, type: { toString: 1 } }, ['#/type']],
    ['a missing payload', { type: 'test.steps' }, ['#/payload']],
    ['a payload that is no object', { ...steps, payload: [1] }, ['#/payload']],
    [
      'wrong members of the payload',
      { ...steps, payload: { steps: 'two', 'a/b': 1 } },
      ['#/payload/a~1b', '#/payload/steps'],
    ],
    ['digits as text', { ...steps, payload: { steps: '2' } }, ['#/payload/steps']],
    ['a payload above 64 KiB', { ...steps, payload: { steps: 1, note: 'x'.repeat(65_536) } }, ['#/payload']],
    ['a time in the past', { ...steps, runAt: '2020-01-01T00:00:00Z' }, ['#/runAt']],
    ['a time beyond a year', { ...steps, runAt: '2099-01-01T00:00:00Z' }, ['#/runAt']],
    ['a second that no clock shows', { ...steps, runAt: '2026-12-31T23:59:60Z' }, ['#/runAt']],
    ['everything at once', { type: 'no.such', payload: {}, runAt: '2020-01-01T00:00:00Z' }, ['#/runAt', '#/type']],
    ['a priority out of range', { ...steps, priority: 101 }, ['#/priority']],
    ['an unknown member', { ...steps, owner: admin.id }, ['#/owner']],
  ])('refuses %s', async (_, body, pointers) => {
    const before = await jobsOf(ada.id);

    const reply = await asAda.post('/v1/jobs', body);

    expect(reply).toBeProblem('validation-failed', 422);
    const { errors } = reply.body as { errors: { pointer: string }[] };
    expect([...new Set(errors.map(({ pointer }) => pointer))].sort()).toEqual(pointers);
    expect(await jobsOf(ada.id)).toBe(before);
  });

  it('tells nobody that an internal type exists', async () => {
    const id = { 'X-Request-Id': 'same' };
    const internal = await asAda.post('/v1/jobs', { type: 'test.effect', payload: {} }, id);
    const unknown = await asAda.post('/v1/jobs', { type: 'no.such', payload: {} }, id);

    expect(internal.text).toBe(unknown.text);
  });

  it('refuses whoever lacks the permission of the type, before looking at the payload, and writes that down', async () => {
    const reply = await asAda.post('/v1/jobs', { type: 'test.guarded', payload: { no: 'sense' } });

    expect(reply).toBeProblem('forbidden', 403);
    expect(await given.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: ada.id, reason: 'missing permission users:write' }),
    );
    expect((await asAdmin.post('/v1/jobs', { type: 'test.guarded', payload: {} })).status).toBe(202);
  });

  it('refuses a body above 256 KiB, and nobody', async () => {
    expect(await asAda.post('/v1/jobs', { ...steps, payload: { note: 'x'.repeat(270_000) } })).toBeProblem(
      'body-too-large',
      413,
    );
    expect(await api.post('/v1/jobs', steps)).toBeProblem('unauthenticated', 401);
  });
});

describe('GET /v1/jobs/{id}', () => {
  it('says when to ask again until the job is finished', async () => {
    const id = await ask(asAda, { type: 'test.steps', payload: { steps: 2, stepMs: 300 } });

    await reaches(asAda, id, 'running');
    expect((await asAda.get(`/v1/jobs/${id}`)).headers['retry-after']).toBe('1');
    await reaches(asAda, id, 'succeeded');
    const reply = await asAda.get(`/v1/jobs/${id.toUpperCase()}`);
    expect(reply.headers).not.toHaveProperty('retry-after');
    expect(reply.body).toMatchObject({ progress: { done: 2, total: 2 }, finishedAt: expect.any(String) });
  });

  it('tells why a job is dead, in words and without a stack', async () => {
    const id = await ask(asAda, { type: 'test.steps', payload: { steps: 0, fails: true } });

    expect(await reaches(asAda, id, 'dead')).toMatchObject({
      error: { name: 'TypeError', message: 'It was told to fail' },
    });
    expect((await asAda.get(`/v1/jobs/${id}`)).text).not.toMatch(/stack|\.ts/);
  });

  it("shows others' jobs to holders of jobs:read, and to nobody else that they exist", async () => {
    const id = await ask(asAda, steps);
    const other = api.as(await given.user());
    const requestId = { 'X-Request-Id': 'same' };

    expect((await asAdmin.get(`/v1/jobs/${id}`)).status).toBe(200);
    const foreign = await other.get(`/v1/jobs/${id}`, requestId);
    expect(foreign).toBeProblem('not-found', 404);
    expect((await other.get('/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04', requestId)).text).toBe(foreign.text);
    expect((await other.get('/v1/jobs/no-id', requestId)).text).toBe(foreign.text);
  });
});
