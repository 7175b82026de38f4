import { describe, expect, it } from '@jest/globals';
import { ApiJobsModule } from './support/api-jobs.ts';
import { start } from './support/app.ts';
import { ask, reaches } from './support/job-calls.ts';
import { Jobs } from './support/jobs.ts';
import { TestJobsModule } from './support/test-jobs.ts';

const { api, given, database } = await start({}, [ApiJobsModule, TestJobsModule]);
const jobs = new Jobs(database);
const admin = await given.admin();
const asAdmin = api.as(admin);
const ada = await given.user();
const asAda = api.as(ada);
const asBob = api.as(await given.user());

const waiting = {
  type: 'test.steps',
  payload: { steps: 0 },
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
};
const failing = { type: 'test.steps', payload: { steps: 0, fails: true } };

async function audited(event: string, id: string): Promise<Record<string, unknown>[]> {
  return (await given.auditEvents({ event })).filter(({ reason }) => String(reason).includes(id));
}

describe('POST /v1/jobs/{id}/cancel', () => {
  it('cancels a waiting job at once, and is written down', async () => {
    const id = await ask(asAda, waiting);

    const reply = await asAda.post(`/v1/jobs/${id}/cancel`);

    expect(reply).toMatchObject({ status: 200, body: { id, state: 'cancelled', finishedAt: expect.any(String) } });
    expect(await audited('job_cancelled', id)).toMatchObject([
      { actor_id: ada.id, subject_id: ada.id, reason: `job ${id} of test.steps` },
    ]);
  });

  it('has a running job stop', async () => {
    const id = await ask(asAda, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
    await reaches(asAda, id, 'running');

    const reply = await asAda.post(`/v1/jobs/${id}/cancel`);

    expect(reply).toMatchObject({ status: 200, headers: { 'retry-after': '1' }, body: { state: 'running' } });
    expect((await asAda.post(`/v1/jobs/${id}/cancel`)).status).toBe(200);
    expect(await reaches(asAda, id, 'cancelled')).toMatchObject({ error: null });
  });

  it('finds nothing to cancel the second time, nor in a finished job', async () => {
    const id = await ask(asAda, waiting);
    await asAda.post(`/v1/jobs/${id}/cancel`);
    const done = await ask(asAda, { type: 'test.steps', payload: { steps: 0 } });
    await reaches(asAda, done, 'succeeded');

    expect(await asAda.post(`/v1/jobs/${id}/cancel`)).toBeProblem('job-finished', 409);
    expect(await asAda.post(`/v1/jobs/${done}/cancel`)).toBeProblem('job-finished', 409);
    expect(await audited('job_cancelled', id)).toHaveLength(1);
  });

  it('is for the owner and holders of jobs:write', async () => {
    const id = await ask(asAda, waiting);

    expect(await asBob.post(`/v1/jobs/${id}/cancel`)).toBeProblem('not-found', 404);
    expect(await api.post(`/v1/jobs/${id}/cancel`)).toBeProblem('unauthenticated', 401);
    expect((await asAdmin.post(`/v1/jobs/${id}/cancel`)).body).toMatchObject({ state: 'cancelled', ownerId: ada.id });
    expect(await audited('job_cancelled', id)).toMatchObject([{ actor_id: admin.id, subject_id: ada.id }]);
  });
});

describe('POST /v1/jobs/{id}/retry', () => {
  it('queues a dead job again with all its attempts, and is written down', async () => {
    const id = await ask(asAda, failing);
    await reaches(asAda, id, 'dead');

    const reply = await asAda.post(`/v1/jobs/${id}/retry`);

    expect(reply).toMatchObject({ status: 200, body: { state: 'queued', attempts: 0, error: null, finishedAt: null } });
    expect(reply.headers['retry-after']).toBe('1');
    expect(await reaches(asAda, id, 'dead')).toMatchObject({ attempts: 1 });
    expect(await audited('job_retried', id)).toMatchObject([{ actor_id: ada.id, subject_id: ada.id }]);
  });

  it('queues a cancelled job again, once', async () => {
    const id = await ask(asAda, waiting);
    await asAda.post(`/v1/jobs/${id}/cancel`);

    expect((await asAda.post(`/v1/jobs/${id}/retry`)).status).toBe(200);
    expect(await asAda.post(`/v1/jobs/${id}/retry`)).toBeProblem('job-not-retryable', 409);
    await reaches(asAda, id, 'succeeded');
    expect(await asAda.post(`/v1/jobs/${id}/retry`)).toBeProblem('job-not-retryable', 409);
  });

  it('is for the owner and holders of jobs:write', async () => {
    const id = await ask(asAda, failing);
    await reaches(asAda, id, 'dead');

    expect(await asBob.post(`/v1/jobs/${id}/retry`)).toBeProblem('not-found', 404);
    expect((await asAdmin.post(`/v1/jobs/${id}/retry`)).status).toBe(200);
  });

  it('asks the owner for the permission that the type needs as of now', async () => {
    const former = await given.admin();
    const id = await ask(api.as(former), { type: 'test.guarded', payload: {}, runAt: waiting.runAt });
    await api.as(former).post(`/v1/jobs/${id}/cancel`);
    await asAdmin.patch(`/v1/users/${former.id}`, { roles: ['user'] }, { 'If-Match': '*' });

    expect(await api.as(former).post(`/v1/jobs/${id}/retry`)).toBeProblem('forbidden', 403);
    expect(await jobs.find(id)).toMatchObject({ state: 'cancelled' });
  });

  it('leaves internal jobs to holders of jobs:write, whoever owns them', async () => {
    const id = await jobs.insertUnnoticed('test.effect', { key: 'a' });
    const ofUnknownType = await jobs.insertUnnoticed('not.here', {});
    await database.pool.query(
      `UPDATE jobs SET owner_id = $2, state = 'dead', dispatch = 'done', next_dispatch_at = NULL WHERE id = ANY($1)`,
      [[id, ofUnknownType], ada.id],
    );

    expect(await asAda.post(`/v1/jobs/${id}/retry`)).toBeProblem('forbidden', 403);
    expect(await asAda.post(`/v1/jobs/${ofUnknownType}/retry`)).toBeProblem('forbidden', 403);
    expect((await asAdmin.post(`/v1/jobs/${id}/retry`)).status).toBe(200);
  });
});
