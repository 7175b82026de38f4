import { describe, expect, it } from '@jest/globals';
import { invalidJobs, steps } from '../contracts/rule-tables.ts';
import { jobsApp } from '../harness/app/jobs-app.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';

const { api, factory, database } = await jobsApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);
const ada = await factory.user({ roles: [] });
const asAda = api.as(ada);

const hourMs = 3_600_000;
const inAnHour = new Date(Date.now() + hourMs).toISOString();

async function jobsOf(ownerId: string): Promise<number> {
  const { rows } = await database.pool.query('SELECT 1 FROM jobs WHERE owner_id = $1', [ownerId]);
  return rows.length;
}

describe('POST /v1/jobs', () => {
  it('stores the job and returns its location', async () => {
    const response = await asAda.post('/v1/jobs', steps, { 'X-Request-Id': 'create-a-job' });

    expect(response).toMatchObject({ status: 202, headers: { 'retry-after': '1' } });
    const job = response.body as { id: string };
    expect(response.headers['location']).toBe(`/v1/jobs/${job.id}`);
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
    expect(await waitForState(asAda, job.id, 'succeeded')).toMatchObject({
      attempts: 1,
      result: { steps: 1 },
      error: null,
    });
    const { rows } = await database.pool.query('SELECT request_id FROM jobs WHERE id = $1', [job.id]);
    expect(rows).toEqual([{ request_id: 'create-a-job' }]);
  });

  it('writes an audit event for a type that requires a permission', async () => {
    const id = await createJob(asAdmin, { type: 'test.guarded', payload: {} });
    const open = await createJob(asAdmin, steps);

    const events = await factory.auditEvents({ event: 'job_requested' });
    expect(events.filter(({ reason }) => String(reason).includes(id))).toMatchObject([
      { actor_id: admin.id, subject_id: admin.id, reason: `job ${id} of test.guarded` },
    ]);
    expect(events.filter(({ reason }) => String(reason).includes(open))).toEqual([]);
  });

  it('creates another job for a repeated request without a key', async () => {
    expect(await createJob(asAda, steps)).not.toBe(await createJob(asAda, steps));
  });

  it('schedules a job for later, and stores its priority', async () => {
    const response = await asAda.post('/v1/jobs', { ...steps, runAt: inAnHour, priority: -100 });

    expect(response.body).toMatchObject({ state: 'scheduled', runAt: inAnHour, priority: -100 });
  });

  it('treats a time in the last minute as now', async () => {
    const runAt = new Date(Date.now() - 30_000).toISOString();

    expect((await asAda.post('/v1/jobs', { ...steps, runAt })).body).toMatchObject({ state: 'queued' });
  });

  it.each(invalidJobs(admin.id))('rejects %s', async (_, body, pointers) => {
    const before = await jobsOf(ada.id);

    const response = await asAda.post('/v1/jobs', body);

    expect(response).toBeProblem('validation-failed', 422);
    const { errors } = response.body as { errors: { pointer: string }[] };
    expect([...new Set(errors.map(({ pointer }) => pointer))].sort()).toEqual(pointers);
    expect(await jobsOf(ada.id)).toBe(before);
  });

  it('returns the same response for an internal and for an unknown type', async () => {
    const id = { 'X-Request-Id': 'same' };
    const internal = await asAda.post('/v1/jobs', { type: 'test.effect', payload: {} }, id);
    const unknown = await asAda.post('/v1/jobs', { type: 'no.such', payload: {} }, id);

    expect(internal.text).toBe(unknown.text);
  });

  it('returns 403 without the permission of the type, before it validates the payload, and writes an audit event', async () => {
    const response = await asAda.post('/v1/jobs', { type: 'test.guarded', payload: { unknown: 'member' } });

    expect(response).toBeProblem('forbidden', 403);
    expect(await factory.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: ada.id, reason: 'missing permission users:write' }),
    );
    expect((await asAdmin.post('/v1/jobs', { type: 'test.guarded', payload: {} })).status).toBe(202);
  });

  it('rejects a body above 256 KiB, and an unauthenticated client', async () => {
    expect(await asAda.post('/v1/jobs', { ...steps, payload: { note: 'x'.repeat(270_000) } })).toBeProblem(
      'content-too-large',
      413,
    );
    expect(await api.post('/v1/jobs', steps)).toBeProblem('unauthenticated', 401);
  });
});

describe('GET /v1/jobs/{id}', () => {
  it('returns Retry-After until the job is finished', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 2, stepMs: 300 } });

    await waitForState(asAda, id, 'running');
    expect((await asAda.get(`/v1/jobs/${id}`)).headers['retry-after']).toBe('1');
    await waitForState(asAda, id, 'succeeded');
    const response = await asAda.get(`/v1/jobs/${id.toUpperCase()}`);
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(response.body).toMatchObject({ progress: { done: 2, total: 2 }, finishedAt: expect.any(String) });
  });

  it('returns why a job is dead, without a stack', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 0, fails: true } });

    expect(await waitForState(asAda, id, 'dead')).toMatchObject({
      error: { name: 'TypeError', message: 'The payload requests a failure' },
    });
    expect((await asAda.get(`/v1/jobs/${id}`)).text).not.toMatch(/stack|\.ts/);
  });

  it("returns others' jobs to callers with jobs:read, and 404 to all others", async () => {
    const id = await createJob(asAda, steps);
    const other = api.as(await factory.user({ roles: [] }));
    const requestId = { 'X-Request-Id': 'same' };

    expect((await asAdmin.get(`/v1/jobs/${id}`)).status).toBe(200);
    const foreign = await other.get(`/v1/jobs/${id}`, requestId);
    expect(foreign).toBeProblem('not-found', 404);
    expect((await other.get('/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04', requestId)).text).toBe(foreign.text);
    expect((await other.get('/v1/jobs/no-id', requestId)).text).toBe(foreign.text);
  });
});
