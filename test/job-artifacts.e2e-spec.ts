import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ArtifactsService } from '../src/features/artifacts/artifacts.service.ts';
import { ApiJobsModule, letters } from './support/api-jobs.ts';
import { start } from './support/app.ts';
import { ask, reaches } from './support/job-calls.ts';
import { until } from './support/running.ts';

const { app, api, given, database, heard } = await start({}, [ApiJobsModule]);
const ada = await given.user();
const asAda = api.as(ada);

/** A finished job with a file of this size. */
async function made(bytes: number, filename = 'letters.csv'): Promise<string> {
  const id = await ask(asAda, { type: 'test.file', payload: { filename, bytes } });
  await reaches(asAda, id, 'succeeded');
  return id;
}

describe('GET /v1/jobs/{id}/artifact', () => {
  it('sends the file, chunk by chunk, as an attachment', async () => {
    const bytes = 3 * 256 * 1024 + 5;
    const id = await made(bytes);

    const reply = await asAda.get(`/v1/jobs/${id}/artifact`);

    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/csv',
      'content-length': String(bytes),
      'content-disposition': 'attachment; filename="letters.csv"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect(reply.text === letters(bytes)).toBe(true);
    expect((await asAda.get(`/v1/jobs/${id}/artifact`)).status).toBe(200);
  });

  it('sends an empty file, and names that are no header', async () => {
    const id = await made(0, 'Zoë\r\n"x".csv');

    const reply = await asAda.get(`/v1/jobs/${id}/artifact`);

    expect(reply).toMatchObject({ status: 200, text: '' });
    expect(reply.headers).toMatchObject({
      'content-length': '0',
      'content-disposition': `attachment; filename="Zo____x_.csv"; filename*=UTF-8''Zo%C3%AB%0D%0A%22x%22.csv`,
    });
  });

  it('tells of the file without sending it', async () => {
    const id = await made(1000);
    const { accessToken } = await api.tokensOf(ada);

    const reply = await fetch(`${api.baseUrl}/v1/jobs/${id}/artifact`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${accessToken}` },
    });

    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-length')).toBe('1000');
  });

  it('is for the owner alone', async () => {
    const id = await made(10);
    const same = { 'X-Request-Id': 'same' };
    const asBob = api.as(await given.user());

    const foreign = await asBob.get(`/v1/jobs/${id}/artifact`, same);

    expect(foreign).toBeProblem('not-found', 404);
    expect((await asBob.get('/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04/artifact', same)).text).toBe(foreign.text);
    expect(await api.as(await given.admin()).get(`/v1/jobs/${id}/artifact`)).toBeProblem('not-found', 404);
    expect(await api.get(`/v1/jobs/${id}/artifact`)).toBeProblem('unauthenticated', 401);
  });

  it('is not for an owner who may no longer ask for jobs of its type', async () => {
    const former = await given.admin();
    const id = await ask(api.as(former), { type: 'test.guarded', payload: {} });
    await database.pool.query(`UPDATE users SET roles = '{user}' WHERE id = $1`, [former.id]);
    await heard();

    expect(await api.as(former).get(`/v1/jobs/${id}/artifact`)).toBeProblem('forbidden', 403);
  });

  it('has nothing to send while the job runs, although the file is written', async () => {
    const id = await ask(asAda, { type: 'test.file', payload: { filename: 'a', bytes: 10, takesMs: 1000 } });
    await reaches(asAda, id, 'running');

    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-not-ready', 409);
    await reaches(asAda, id, 'succeeded');
    expect((await asAda.get(`/v1/jobs/${id}/artifact`)).status).toBe(200);
  });

  it('has nothing to send of a job that makes no file', async () => {
    const id = await ask(asAda, { type: 'test.steps', payload: { steps: 0 } });
    await reaches(asAda, id, 'succeeded');

    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-none', 404);
  });

  it('keeps a file for its time', async () => {
    const id = await made(10);
    await database.pool.query(`UPDATE artifacts SET expires_at = now() WHERE job_id = $1`, [id]);

    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-expired', 410);
  });

  it('cuts the reply short when the file vanishes under it', async () => {
    const id = await made(9_000_000);
    const { accessToken } = await api.tokensOf(ada);
    const { port, hostname, host } = new URL(api.baseUrl);
    const socket = connect(Number(port), hostname);
    const head = `GET /v1/jobs/${id}/artifact HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`;
    socket.write(head);
    const [first] = (await once(socket, 'data')) as [Buffer];
    // Whoever does not read is not read ahead for: most chunks are still to be asked for.
    socket.pause();
    await database.pool.query('DELETE FROM artifacts WHERE job_id = $1', [id]);
    let received = first.length;
    socket.on('data', (bytes: Buffer) => (received += bytes.length));
    socket.resume();
    await once(socket, 'close');

    expect(received).toBeLessThan(9_000_000);
  });
});

describe('The file of an attempt that does not succeed', () => {
  interface File {
    readonly job: string;
    readonly discarded: boolean;
  }

  /** Files of a job, as the table has them. */
  async function filesOf(id: string): Promise<File[]> {
    const { rows } = await database.pool.query<File>(
      'SELECT job_id AS job, discarded_at IS NOT NULL AS discarded FROM artifacts WHERE job_id = $1',
      [id],
    );
    return rows;
  }

  /** A job that has written its whole file, and has not succeeded yet. */
  async function written(): Promise<string> {
    const id = await ask(asAda, { type: 'test.file', payload: { filename: 'a', bytes: 10, takesMs: 60_000 } });
    await until('the file is written', async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM artifacts WHERE job_id = $1 AND size = 10', [id]);
      return rows.length === 1;
    });
    return id;
  }

  /** As if the process of the attempt had died, until the job has come this far. */
  async function die(id: string, state: string): Promise<void> {
    await until(`the job is ${state}`, async () => {
      await database.pool.query(
        `UPDATE jobs SET lease_until = now() - interval '1 s', next_dispatch_at = now() WHERE id = $1 AND state = 'running'`,
        [id],
      );
      return ((await asAda.get(`/v1/jobs/${id}`)).body as { state: string }).state === state;
    });
  }

  it.each<[string, string, (id: string) => Promise<unknown>]>([
    ['it is cancelled when the file is complete', 'cancelled', async (id) => await asAda.post(`/v1/jobs/${id}/cancel`)],
    [
      'its process dies when it was to stop',
      'cancelled',
      async (id) => {
        await asAda.post(`/v1/jobs/${id}/cancel`);
        await die(id, 'cancelled');
      },
    ],
    [
      'its process dies, and it was the last one',
      'dead',
      async (id) => {
        await database.pool.query('UPDATE jobs SET attempts = max_attempts WHERE id = $1', [id]);
        await die(id, 'dead');
      },
    ],
  ])('is discarded: %s', async (_, state, end) => {
    const id = await written();

    await end(id);
    await reaches(asAda, id, state);

    expect(await filesOf(id)).toEqual([{ job: id, discarded: true }]);
    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-none', 404);
  });

  it('is none of the job’s when another attempt takes over and makes none', async () => {
    const id = await written();

    await database.pool.query(`UPDATE jobs SET type = 'test.steps', payload = '{"steps": 0}' WHERE id = $1`, [id]);
    await die(id, 'succeeded');

    expect(await filesOf(id)).toEqual([{ job: id, discarded: true }]);
    expect(await asAda.get(`/v1/jobs/${id}/artifact`)).toBeProblem('artifact-none', 404);
  });

  it('takes nothing more of what a process writes that has lost its lease', async () => {
    const id = await written();
    const artifacts = app.get(ArtifactsService, { strict: false });
    const lease = randomUUID();
    await database.pool.query('UPDATE jobs SET lease = $2 WHERE id = $1', [id, lease]);
    const writer = await artifacts.begin({ jobId: id, lease }, { filename: 'late', mediaType: 'text/csv' });

    await database.pool.query('UPDATE jobs SET lease = gen_random_uuid() WHERE id = $1', [id]);

    await expect(writer.append(letters(600_000))).rejects.toThrow('The attempt that writes this artifact is over');
    await expect(writer.finish()).rejects.toThrow('The attempt that writes this artifact is over');
  });
});
