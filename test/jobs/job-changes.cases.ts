import { describe, expect, it } from '@jest/globals';
import { jobsApp } from '../harness/app/jobs-app.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { JobTables } from '../harness/database/job-tables.ts';

const { api, factory, database } = await jobsApp();
const jobs = new JobTables(database);
const admin = await factory.admin();
const asAdmin = api.as(admin);
const ada = await factory.user({ roles: [] });
const asAda = api.as(ada);
const asBob = api.as(await factory.user({ roles: [] }));

const waiting = {
  type: 'test.steps',
  payload: { steps: 0 },
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
};
const failing = { type: 'test.steps', payload: { steps: 0, fails: true } };

async function auditEventsOf(event: string, id: string): Promise<Record<string, unknown>[]> {
  return (await factory.auditEvents({ event })).filter(({ reason }) => String(reason).includes(id));
}

describe('POST /v1/jobs/{id}/cancel', () => {
  it('cancels a waiting job at once, and writes an audit event', async () => {
    const id = await createJob(asAda, waiting);

    const response = await asAda.post(`/v1/jobs/${id}/cancel`);

    expect(response).toMatchObject({ status: 200, body: { id, state: 'cancelled', finishedAt: expect.any(String) } });
    expect(await auditEventsOf('job_cancelled', id)).toMatchObject([
      { actor_id: ada.id, subject_id: ada.id, reason: `job ${id} of test.steps` },
    ]);
  });

  it('stops a running job', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
    await waitForState(asAda, id, 'running');

    const response = await asAda.post(`/v1/jobs/${id}/cancel`);

    expect(response).toMatchObject({ status: 200, headers: { 'retry-after': '1' }, body: { state: 'running' } });
    expect((await asAda.post(`/v1/jobs/${id}/cancel`)).status).toBe(200);
    expect(await waitForState(asAda, id, 'cancelled')).toMatchObject({ error: null });
  });

  it('returns 409 for a cancelled and for a finished job', async () => {
    const id = await createJob(asAda, waiting);
    await asAda.post(`/v1/jobs/${id}/cancel`);
    const done = await createJob(asAda, { type: 'test.steps', payload: { steps: 0 } });
    await waitForState(asAda, done, 'succeeded');

    expect(await asAda.post(`/v1/jobs/${id}/cancel`)).toBeProblem('job-finished', 409);
    expect(await asAda.post(`/v1/jobs/${done}/cancel`)).toBeProblem('job-finished', 409);
    expect(await auditEventsOf('job_cancelled', id)).toHaveLength(1);
  });

  it('is allowed for the owner and for callers with jobs:write', async () => {
    const id = await createJob(asAda, waiting);

    expect(await asBob.post(`/v1/jobs/${id}/cancel`)).toBeProblem('not-found', 404);
    expect(await api.post(`/v1/jobs/${id}/cancel`)).toBeProblem('unauthenticated', 401);
    expect((await asAdmin.post(`/v1/jobs/${id}/cancel`)).body).toMatchObject({ state: 'cancelled', ownerId: ada.id });
    expect(await auditEventsOf('job_cancelled', id)).toMatchObject([{ actor_id: admin.id, subject_id: ada.id }]);
  });
});

describe('POST /v1/jobs/{id}/retry', () => {
  it('queues a dead job again with all its attempts, and writes an audit event', async () => {
    const id = await createJob(asAda, failing);
    await waitForState(asAda, id, 'dead');

    const response = await asAda.post(`/v1/jobs/${id}/retry`);

    expect(response).toMatchObject({
      status: 200,
      body: { state: 'queued', attempts: 0, error: null, finishedAt: null },
    });
    expect(response.headers['retry-after']).toBe('1');
    expect(await waitForState(asAda, id, 'dead')).toMatchObject({ attempts: 1 });
    expect(await auditEventsOf('job_retried', id)).toMatchObject([{ actor_id: ada.id, subject_id: ada.id }]);
  });

  it('queues a cancelled job again, once', async () => {
    const id = await createJob(asAda, waiting);
    await asAda.post(`/v1/jobs/${id}/cancel`);

    expect((await asAda.post(`/v1/jobs/${id}/retry`)).status).toBe(200);
    expect(await asAda.post(`/v1/jobs/${id}/retry`)).toBeProblem('job-not-retryable', 409);
    await waitForState(asAda, id, 'succeeded');
    expect(await asAda.post(`/v1/jobs/${id}/retry`)).toBeProblem('job-not-retryable', 409);
  });

  it('is allowed for the owner and for callers with jobs:write', async () => {
    const id = await createJob(asAda, failing);
    await waitForState(asAda, id, 'dead');

    expect(await asBob.post(`/v1/jobs/${id}/retry`)).toBeProblem('not-found', 404);
    expect((await asAdmin.post(`/v1/jobs/${id}/retry`)).status).toBe(200);
  });

  it('requires from the owner the permission that the type requires now', async () => {
    const former = await factory.admin();
    const id = await createJob(api.as(former), { type: 'test.guarded', payload: {}, runAt: waiting.runAt });
    await api.as(former).post(`/v1/jobs/${id}/cancel`);
    await asAdmin.patch(`/v1/users/${former.id}`, { roles: [] }, { 'If-Match': '*' });

    expect(await api.as(former).post(`/v1/jobs/${id}/retry`)).toBeProblem('forbidden', 403);
    expect(await jobs.find(id)).toMatchObject({ state: 'cancelled' });
  });

  it('requires jobs:write for internal jobs, also from their owner', async () => {
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    const id = await jobs.insertWithoutNotification('test.effect', { key: 'a' });
    const ofUnknownType = await jobs.insertWithoutNotification('test.unknown', {});
    await database.pool.query(
      `UPDATE jobs SET owner_id = $2, state = 'dead', delivery = 'done', next_delivery_at = NULL WHERE id = ANY($1)`,
      [[id, ofUnknownType], ada.id],
    );
    await database.pool.query('DELETE FROM paused_queues');

    expect(await asAda.post(`/v1/jobs/${id}/retry`)).toBeProblem('forbidden', 403);
    expect(await asAda.post(`/v1/jobs/${ofUnknownType}/retry`)).toBeProblem('forbidden', 403);
    expect((await asAdmin.post(`/v1/jobs/${id}/retry`)).status).toBe(200);
  });
});
