import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ArtifactsService } from '../../src/features/jobs/artifacts/artifacts.service.ts';
import { letters } from '../harness/app/example-jobs.ts';
import { jobsApp } from '../harness/app/jobs-app.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const { app, api, factory, database, invalidationsDelivered } = await jobsApp();
const ada = await factory.user({ roles: [] });
const asAda = api.as(ada);

/** Creates a job with an artifact of this size, waits until it has succeeded, and returns its id. */
async function createArtifact(bytes: number, filename = 'letters.csv'): Promise<string> {
  const id = await createJob(asAda, { type: 'test.file', payload: { filename, bytes } });
  await waitForState(asAda, id, 'succeeded');
  return id;
}

describe('GET /v1/jobs/{id}/artifact', () => {
  it('sends the artifact in chunks, as an attachment', async () => {
    const bytes = 3 * 256 * 1024 + 5;
    const id = await createArtifact(bytes);

    const response = await asAda.get(`/v1/jobs/${id}/artifact`);

    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/csv',
      'content-length': String(bytes),
      'content-disposition': 'attachment; filename="letters.csv"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect(response.text === letters(bytes)).toBe(true);
    expect((await asAda.get(`/v1/jobs/${id}/artifact`)).status).toBe(200);
  });

  it('sends an empty artifact, and encodes its name', async () => {
    const id = await createArtifact(0, 'Zoë\r\n"x".csv');

    const response = await asAda.get(`/v1/jobs/${id}/artifact`);

    expect(response).toMatchObject({ status: 200, text: '' });
    expect(response.headers).toMatchObject({
      'content-length': '0',
      'content-disposition': `attachment; filename="Zo____x_.csv"; filename*=UTF-8''Zo%C3%AB%0D%0A%22x%22.csv`,
    });
  });

  it('sends the headers alone for HEAD', async () => {
    const id = await createArtifact(1000);
    const { accessToken } = await api.tokensOf(ada);

    const response = await fetch(`${api.baseUrl}/v1/jobs/${id}/artifact`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${accessToken}` },
    });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('1000');
  });

  it('is allowed for the owner alone', async () => {
    const id = await createArtifact(10);
    const same = { 'X-Request-Id': 'same' };
    const asBob = api.as(await factory.user({ roles: [] }));

    const foreign = await asBob.get(`/v1/jobs/${id}/artifact`, same);

    expect(foreign).toBeProblem('not-found', 404);
    expect((await asBob.get('/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04/artifact', same)).text).toBe(foreign.text);
    expect(await api.as(await factory.admin()).get(`/v1/jobs/${id}/artifact`)).toBeProblem('not-found', 404);
    expect(await api.get(`/v1/jobs/${id}/artifact`)).toBeProblem('unauthenticated', 401);
  });

  it('returns 403 to an owner who may no longer create jobs of its type', async () => {
    const former = await factory.admin();
    const id = await createJob(api.as(former), { type: 'test.guarded', payload: {} });
    await database.pool.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [former.id]);
    await invalidationsDelivered();

    expect(await api.as(former).get(`/v1/jobs/${id}/artifact`)).toBeProblem('forbidden', 403);
  });

  it('returns 409 while the job runs, although the artifact is written', async () => {
    const id = await createJob(asAda, { type: 'test.file', payload: { filename: 'a', bytes: 10, takesMs: 1000 } });
    await waitForState(asAda, id, 'running');

    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-not-ready', 409);
    await waitForState(asAda, id, 'succeeded');
    expect((await asAda.get(`/v1/jobs/${id}/artifact`)).status).toBe(200);
  });

  it('returns 404 for a job without an artifact', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 0 } });
    await waitForState(asAda, id, 'succeeded');

    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-not-found', 404);
  });

  it('returns 410 for an expired artifact', async () => {
    const id = await createArtifact(10);
    await database.pool.query(`UPDATE artifacts SET expires_at = now() WHERE job_id = $1`, [id]);

    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-expired', 410);
  });

  it('closes the connection when the artifact is deleted during the download', async () => {
    const id = await createArtifact(9_000_000);
    const { accessToken } = await api.tokensOf(ada);
    const { port, hostname, host } = new URL(api.baseUrl);
    const socket = connect(Number(port), hostname);
    const head = `GET /v1/jobs/${id}/artifact HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`;
    socket.write(head);
    const [first] = (await once(socket, 'data')) as [Buffer];
    // The service does not read ahead for a client that does not read: most chunks are not loaded yet.
    socket.pause();
    await database.pool.query('DELETE FROM artifacts WHERE job_id = $1', [id]);
    let received = first.length;
    socket.on('data', (bytes: Buffer) => (received += bytes.length));
    socket.resume();
    await once(socket, 'close');

    expect(received).toBeLessThan(9_000_000);
  });
});

describe('The artifact of an attempt that does not succeed', () => {
  interface File {
    readonly job: string;
    readonly discarded: boolean;
  }

  /** Artifacts of a job in the table. */
  async function filesOf(id: string): Promise<File[]> {
    const { rows } = await database.pool.query<File>(
      'SELECT job_id AS job, discarded_at IS NOT NULL AS discarded FROM artifacts WHERE job_id = $1',
      [id],
    );
    return rows;
  }

  /** Creates a job that has written its artifact completely and has not succeeded yet. */
  async function createUnfinished(): Promise<string> {
    const id = await createJob(asAda, { type: 'test.file', payload: { filename: 'a', bytes: 10, takesMs: 60_000 } });
    await waitUntil('the artifact is written', async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM artifacts WHERE job_id = $1 AND size = 10', [id]);
      return rows.length === 1;
    });
    return id;
  }

  /** Expires the lease, as after the death of the process, until the job has this state. */
  async function expireLease(id: string, state: string): Promise<void> {
    await waitUntil(`the job is ${state}`, async () => {
      await database.pool.query(
        `UPDATE jobs SET lease_expires_at = now() - interval '1 s', next_delivery_at = now() WHERE id = $1 AND state = 'running'`,
        [id],
      );
      return ((await asAda.get(`/v1/jobs/${id}`)).body as { state: string }).state === state;
    });
  }

  it.each<[string, string, (id: string) => Promise<unknown>]>([
    [
      'the job is cancelled when the artifact is complete',
      'cancelled',
      async (id) => await asAda.post(`/v1/jobs/${id}/cancel`),
    ],
    [
      'its process is killed after the cancellation was requested',
      'cancelled',
      async (id) => {
        await asAda.post(`/v1/jobs/${id}/cancel`);
        await expireLease(id, 'cancelled');
      },
    ],
    [
      'its process is killed in the last attempt',
      'dead',
      async (id) => {
        await database.pool.query('UPDATE jobs SET attempts = max_attempts WHERE id = $1', [id]);
        await expireLease(id, 'dead');
      },
    ],
  ])('is discarded when %s', async (_, state, end) => {
    const id = await createUnfinished();

    await end(id);
    await waitForState(asAda, id, state);

    expect(await filesOf(id)).toEqual([{ job: id, discarded: true }]);
    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-not-found', 404);
  });

  it('is discarded when another attempt succeeds without one', async () => {
    const id = await createUnfinished();

    await database.pool.query(`UPDATE jobs SET type = 'test.steps', payload = '{"steps": 0}' WHERE id = $1`, [id]);
    await expireLease(id, 'succeeded');

    expect(await filesOf(id)).toEqual([{ job: id, discarded: true }]);
    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-not-found', 404);
  });

  it('rejects writes of a process that has lost its lease', async () => {
    const id = await createUnfinished();
    const artifacts = app.get(ArtifactsService, { strict: false });
    const lease = randomUUID();
    await database.pool.query('UPDATE jobs SET lease = $2 WHERE id = $1', [id, lease]);
    const writer = await artifacts.begin({ jobId: id, lease }, { filename: 'late', mediaType: 'text/csv' });

    await database.pool.query('UPDATE jobs SET lease = gen_random_uuid() WHERE id = $1', [id]);

    await expect(writer.append(letters(600_000))).rejects.toThrow('The attempt that writes this artifact has ended');
    await expect(writer.finish()).rejects.toThrow('The attempt that writes this artifact has ended');
  });
});
